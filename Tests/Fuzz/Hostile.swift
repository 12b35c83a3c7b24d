import Foundation
import LinearAlgebra

/// Inputs that are made to exhaust time, stack or memory.
struct Hostile {
  private let corpus: Corpus

  init(_ corpus: Corpus) { self.corpus = corpus }

  func tensors(_ random: inout RandomGenerator) -> [UInt8] {
    let huge = random.pick([
      "4294967296", "9223372036854775807", "3037000500", "99999999999999999999",
    ])
    switch random.below(8) {
    case 0: return safetensors(nested(&random))
    case 1: return safetensors(#"{"x":{"dtype":"F32","shape":"# + nested(&random))
    case 2:
      return safetensors(
        #"{"x":{"dtype":"F32","shape":[\#(huge),\#(huge)],"data_offsets":[0,8]}}"#, data: 8)
    case 3:  // a long header of many names, or of one key again and again
      let names = (0..<random.below(3000)).map { random.below(2) == 0 ? "t\($0)" : "t" }
      let entry = #"{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
      return safetensors("{" + names.map { "\"\($0)\":\(entry)" }.joined(separator: ",") + "}")
    case 4:
      return Corpus.little(random.pick([1 << 40, .max, 100_000_001, -1]), 8) + Array("{}".utf8)
    case 5:  // zeros pack a thousandfold; the directory may lie about them
      let count = 1 << (10 + random.below(14))
      let shape = random.below(2) == 0 ? "(\(count),)" : "(\(huge),)"
      let array = Corpus.npy("|u1", shape, fortran: false, [UInt8](repeating: 0, count: count))
      let claim: Int? = random.below(2) == 0 ? nil : random.pick([0, 1 << 31, 0xFFFF_FFFE])
      return Corpus.zip([("../../x.npy", array), ("/tmp/y.npy", array)], claim: claim)
    case 6:
      let sizes = (0..<random.below(80)).map { _ in random.pick(["0", "1", huge]) }
      return Corpus.npy("<f4", "(\(sizes.joined(separator: ", ")),)", fortran: true, [])
    default:
      return Corpus.npy(
        String(repeating: "<f4", count: random.below(20_000)), "()", fortran: false, [])
    }
  }

  func model(_ random: inout RandomGenerator) -> [UInt8] {
    let count = random.pick([
      "67108864", "67108865", "33554432", "268435456", "4294967295", "9223372036854775807", "-1",
      "0",
    ])
    var form: String
    switch random.below(6) {
    case 0:
      form = #"{"kind":"sparse","count":\#(count),"entries":0,"coding":"gaps","width":8}"#
    case 1: form = #"{"kind":"codebook","count":\#(count),"levels":1,"groupSize":1,"width":0}"#
    case 2:
      form =
        #"{"kind":"fixedCodebook","count":\#(count),"levels":1,"groupSize":\#(count),"width":0,"pattern":[1]}"#
    case 3: form = #"{"kind":"lowRank","count":\#(count)}"#
    case 4:
      form = #"{"kind":"affineCodebook","count":\#(count),"levels":65536,"groupSize":1,"width":16}"#
    default: form = nested(&random)
    }
    for _ in 0..<random.below(6) where form.utf8.count < 10_000 {
      let copies = [String](repeating: form, count: 1 + random.below(4)).joined(separator: ",")
      form = #"{"kind":"sum","count":\#(count),"parts":[\#(copies)]}"#
    }
    let text =
      #"{"version":1,"order":["w"],"parts":[{"label":"w","operation":"o","tensors":"#
      + #"[{"name":"w","shape":[\#(count)]}],"form":\#(form)}]}"#
    let quoted = text.replacingOccurrences(of: "\"", with: "\\\"")
    let tensors = ["0.indices", "0.codes", "0.0.codes", "0.0.indices"].map {
      #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    }
    let floats = ["0.values", "0.0.values", "0.scales"].map {
      #""\#($0)":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    }
    let one = ["0.codebook"].map { #""\#($0)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"# }
    let factors = ["0.left", "0.right"].map {
      #""\#($0)":{"dtype":"F32","shape":[\#(random.pick(["0,0", "67108864,0", "2147483647,0", "0,2147483647"]))],"data_offsets":[0,0]}"#
    }
    let entries = [#""__metadata__":{"lcm":"\#(quoted)"}"#] + tensors + floats + factors + one
    return safetensors("{" + entries.joined(separator: ",") + "}", data: 4)
  }

  func images(_ random: inout RandomGenerator) -> [UInt8] {
    let sizes = (0..<3).map { _ in random.pick([1, 2, 1000, 32_768, 1 << 30, 0xFFFF_FFFF]) }
    var bytes: [UInt8] = [0, 0, 8, random.pick([1, 3])]
    for size in sizes.prefix(bytes[3] == 1 ? 1 : 3) { bytes += Corpus.big(size) }
    bytes += [UInt8](repeating: 0, count: 1 << random.below(22))
    return random.below(4) == 0 ? bytes : Corpus.gzip(bytes)
  }

  func plan(_ random: inout RandomGenerator) -> [UInt8] {
    let pieces = [
      "joint(", "(", ")", "*", "?", "[", "]", "[^", "a.weight", ":", ";", "+", ",", "=",
      "quantize(",
      "k=2", "prune(keep=", "%", "1e999", "-1", "99999999999999999999", "lowrank(r=", " ", "é",
      "\0",
      "'", "\"", "!", ", !*.bias", "sum(", "along=inputs",
      "*.weight: binary()", "******************a", "nan", "inf", "exact", "per=row",
    ]
    var text = ""
    for _ in 0..<random.below(random.pick([8, 60, 2000])) { text += random.pick(pieces) }
    return Array(text.utf8)
  }

  /// Deeply nested JSON, whole or cut off.
  private func nested(_ random: inout RandomGenerator) -> String {
    let depth = random.pick([10, 17, 500, 513, 100_000, 1_000_000])
    let (open, close) = random.pick([("[", "]"), (#"{"a":"#, "}"), (#"{"parts":["#, "]}")])
    let text = String(repeating: open, count: depth)
    return random.below(2) == 0 ? text : text + "1" + String(repeating: close, count: depth)
  }

  private func safetensors(_ header: String, data: Int = 0) -> [UInt8] {
    Corpus.little(header.utf8.count, 8) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }
}
