"""The zoo's networks in PyTorch, with the same parameter names, as PyTorch's users write them."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet300(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10)

    def forward(self, x):
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class LeNet5(nn.Module):
    def __init__(self, channels=1, side=28):
        super().__init__()
        rest = ((side - 4) // 2 - 4) // 2
        self.conv1, self.conv2 = nn.Conv2d(channels, 20, 5), nn.Conv2d(20, 50, 5)
        self.fc1, self.fc2 = nn.Linear(50 * rest * rest, 500), nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class VGG(nn.Module):
    def __init__(self, stages, channels=3):
        super().__init__()
        self.places = []
        for stage, widths in enumerate(stages):
            for index, width in enumerate(widths):
                place = f"{stage + 1}_{index + 1}"
                setattr(self, "conv" + place, nn.Conv2d(channels, width, 3, padding=1, bias=False))
                setattr(self, "bn" + place, nn.BatchNorm2d(width))
                self.places.append((place, index + 1 == len(widths)))
                channels = width
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        for place, last in self.places:
            x = F.relu(getattr(self, "bn" + place)(getattr(self, "conv" + place)(x)))
            if last:
                x = F.max_pool2d(x, 2)
        return self.fc(x.flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(x + y)


class Stage(nn.Module):
    def __init__(self, inputs, outputs, blocks, stride):
        super().__init__()
        for i in range(blocks):
            setattr(self, f"block{i}", Block(inputs if i == 0 else outputs, outputs, stride if i == 0 else 1))
        self.blocks = blocks

    def forward(self, x):
        for i in range(self.blocks):
            x = getattr(self, f"block{i}")(x)
        return x


class ResNet(nn.Module):
    def __init__(self, depth=20, channels=3):
        super().__init__()
        n = (depth - 2) // 6
        self.conv1, self.bn1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.stage1, self.stage2, self.stage3 = Stage(16, 16, n, 1), Stage(16, 32, n, 2), Stage(32, 64, n, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(F.relu(self.bn1(self.conv1(x))))))
        return self.fc(x.mean((2, 3)))


def network(name):
    """A network and the shape of its inputs."""
    if name == "lenet5":
        return LeNet5(), (1, 28, 28)
    if name == "vgg11":
        return VGG([[64], [128], [256, 256], [512, 512], [512, 512]]), (3, 32, 32)
    if name.startswith("resnet"):
        return ResNet(int(name[6:])), (3, 32, 32)
    raise ValueError(name)
