"""Rebuild the dense weights of a compressed model, see Docs/FileFormat.md: read_lcm.py IN.lcm OUT.npz"""
import json, sys, zipfile, zlib

import numpy as np
from safetensors import deserialize, safe_open

NUMPY = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
         "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "C64": "c8"}

def plain(tensor):  # in its own type; BF16 as the floats it stands for, others that numpy lacks as bytes
    data, dtype, shape = tensor["data"], tensor["dtype"], tensor["shape"]
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype("u4") << 16).view("f4").reshape(shape)
    if dtype not in NUMPY:
        return np.frombuffer(data, "u1")
    return np.frombuffer(data, np.dtype(NUMPY[dtype]).newbyteorder("<")).reshape(shape)

def unpack(tensor, width, count=None):  # codes, the least significant bit of the first byte first
    if width == 0: return np.zeros(count, np.int64)
    bits = np.unpackbits(tensor, bitorder="little")
    count = len(bits) // width if count is None else count
    return bits[: count * width].reshape(count, width) @ (1 << np.arange(width, dtype=np.int64))

def entries(form, get):  # of the codebooks, [groups, levels]
    if form["kind"] == "codebook": return get("codebook")
    if form["kind"] == "scaledCodebook": return np.outer(get("scales"), np.float32(form["pattern"]))
    if form["kind"] == "affineCodebook":
        return get("offsets")[:, None] + get("steps")[:, None] * np.arange(form["levels"], dtype=np.float32)
    return np.float32([form["pattern"]])

def places(form, packed):  # the indices of sparse entries
    count, width = form.get("blocks", form["entries"]), form.get("width")
    if form["coding"] == "bitmap":
        units = np.flatnonzero(np.unpackbits(packed, bitorder="little"))
    elif form["coding"] in ("absolute", "strided"):
        units = unpack(packed, width, count)
    else:  # a code of all ones is a filler: it skips as many places, and no entry follows
        gaps, filler = unpack(packed, width), (1 << width) - 1
        units = (np.cumsum(np.where(gaps == filler, filler, gaps + 1)) - 1)[gaps != filler][:count]
    if "run" in form:  # of each run; the weights of a run lie a stride apart
        run, (number, first) = form["run"], divmod(np.arange(count) // form["kept"], form.get("stride", 1))
        return np.sort((number * run + units) * form.get("stride", 1) + first)
    if "grid" in form:  # whole blocks; each weight's block is numbered row-major
        number = np.zeros((1,) * len(form["grid"]["shape"]), np.int64)
        sizes = list(zip(form["grid"]["shape"], form["grid"]["block"]))
        for (size, step), place in zip(sizes, np.ogrid[tuple(slice(size) for size, _ in sizes)]):
            number = number * -(-size // step) + place // step
        return np.flatnonzero(np.isin(number.ravel(), units))
    return units

def load(file, name, width):  # tensors of codes may be deflated, with their width a power of two
    if name + ".deflated" not in file.keys():
        return file.get_tensor(name)
    wide = np.frombuffer(zlib.decompress(file.get_tensor(name + ".deflated").tobytes()), np.uint8)
    codes = unpack(wide, 1 << (width - 1).bit_length())
    return np.packbits(codes[:, None] >> np.arange(width) & 1, bitorder="little")

def weights(form, prefix, file):
    get = lambda name: file.get_tensor(prefix + name)
    codes = lambda name: load(file, prefix + name, form.get("width", 1))
    total, kind = np.zeros(form["count"], np.float32), form["kind"]
    if kind == "sum":
        for index, part in enumerate(form["parts"]):
            total += weights(part, f"{prefix}{index}.", file)
    elif kind == "sparse":
        values = get("values")
        if form.get("numbers") == "codebook":
            book = get("valueCodebook")
            values = book[unpack(values, (len(book) - 1).bit_length(), form["entries"])]
        total[places(form, codes("indices"))] += values.astype(np.float32)
    elif kind == "lowRank":
        product = get("left").astype(np.float32) @ get("right").astype(np.float32)
        if "kernel" in form:  # the matrix of a kernel is (O·H) × (I·W)
            o, i, h, w = form["kernel"]
            product = product.reshape(o, h, i, w).transpose(0, 2, 1, 3)
        total += product.ravel()
    else:
        group = np.arange(form["count"]) // form["groupSize"]
        total += entries(form, get)[group, unpack(codes("codes"), form["width"], form["count"])]
    return total

with safe_open(sys.argv[1], framework="numpy") as file:
    model = json.loads(file.metadata()["lcm"])
    assert model["version"] in (1, 2), "another version of the format"
    contents = deserialize(open(sys.argv[1], "rb").read())
    tensors = {name[6:]: plain(tensor) for name, tensor in contents if name.startswith("plain.")}
    for number, part in enumerate(model["parts"]):
        values = weights(part["form"], f"{number}.", file)
        ends = np.cumsum([np.prod(tensor["shape"], dtype=int) for tensor in part["tensors"]])
        for tensor, piece in zip(part["tensors"], np.split(values, ends[:-1])):
            tensors[tensor["name"]] = piece.reshape(tensor["shape"])
with zipfile.ZipFile(sys.argv[2], "w") as archive:  # np.savez cannot write every name
    for name in model["order"]:
        with archive.open(name + ".npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, tensors[name])
