/// Options under one name: the settings of papers, and settings of the same shape that two cores finish.
package enum Presets {
  /// - Source: the public code of Carreira-Perpiñán & Idelbayev's toolkit (examples/lenet300 and the
  ///   CVPR 2020 scripts); L-step epochs of LeNet300 from its worked example.
  package static let all: [String: [String: String?]] = [
    // References.
    "lenet-paper-reference": [
      "epochs": "300", "batch-size": "256", "learning-rate": "0.1", "decay": "0.99",
      "nesterov": nil,
    ],
    "resnet-paper-reference": [
      "epochs": "200", "batch-size": "128", "learning-rate": "0.1", "schedule": "steps",
      "milestones": "100 150", "decay": "0.1", "nesterov": nil, "weight-decay": "2e-4",
      "shift": "4", "flip": nil,
    ],
    "vgg-paper-reference": [
      "epochs": "300", "batch-size": "128", "learning-rate": "0.05", "decay": "0.97716",
      "nesterov": nil, "weight-decay": "1e-3", "shift": "4", "flip": nil,
    ],
    "lenet300-small-reference": ["epochs": "30", "nesterov": nil],
    "lenet5-small-reference": [
      "epochs": "12", "batch-size": "128", "learning-rate": "0.03", "schedule": "cosine",
      "weight-decay": "5e-4", "nesterov": nil,
    ],
    "resnet-small-reference": [
      "epochs": "12", "batch-size": "128", "learning-rate": "0.1", "schedule": "cosine",
      "warm-up": "1", "weight-decay": "5e-4", "decay-weights-only": nil, "nesterov": nil,
      "shift": "2", "flip": nil,
    ],
    // The LC algorithm. μ belongs to the method, everything else to all methods.
    "lenet300-paper": [
      "steps": "40", "epochs-per-step": "20", "batch-size": "256", "learning-rate": "0.09",
      "decay": "0.98", "nesterov": nil,
    ],
    "lenet300-paper-mu": ["mu": "9e-5", "mu-growth": "1.1"],
    "resnet-paper": [
      "steps": "50", "epochs-per-step": "15", "batch-size": "128", "learning-rate": "7e-4",
      "nesterov": nil, "shift": "4", "flip": nil,
    ],
    "resnet-paper-mu": ["mu": "1e-3", "mu-growth": "1.25"],
    "vgg-paper": [
      "steps": "60", "epochs-per-step": "15", "batch-size": "128", "learning-rate": "7e-4",
      "nesterov": nil, "shift": "4", "flip": nil,
    ],
    "vgg-paper-mu": ["mu": "2e-5", "mu-growth": "1.2"],
  ]
}
