import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Recipes

/// Makes and reads inputs until one is not survived.
struct Worker {
  /// Holds the number of the input that is being read.
  static let note = "number"
  static let inputs = ["input", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
  /// What a reader may allocate for one small file: that of IDX files, 2²⁸ floats for forms.
  private static let declaredLimit = 1 << 30

  private let sanitized: Bool
  /// The sanitizer, and glibc where it fills memory, take time that is not the reader's.
  private var slowness: Int {
    sanitized ? 20 : ProcessInfo.processInfo.environment["MALLOC_PERTURB_"] == nil ? 1 : 2
  }
  private let corpus: Corpus

  init(sanitized: Bool) throws {
    self.sanitized = sanitized
    corpus = try Corpus()
  }

  func run(first: Int, count: Int) throws {
    // One thread: each thread's stack would count as memory.
    Threads.use(1)
    let subjects = try Subject.all(corpus)
    let network = Subject.network()
    if !sanitized { limitMemory() }
    // Descriptors are kept open: writing the note must not itself be what takes time.
    let expected = Set(Self.inputs + ImageArchives.places + [Self.note])
    for number in first..<first + count {
      try Data("\(number)".utf8).write(to: URL(fileURLWithPath: Self.note))
      var random = RandomGenerator(seed: UInt64(number))
      // Hostile inputs take a hundred times as long as damaged ones.
      let isHostile = random.below(10) == 0
      let file = random.pick(subjects.filter { $0.isHostile == isHostile })
      let subject = number % 3 == 0 ? network : file
      let input = subject.make(&random)
      try Data(input).write(to: URL(fileURLWithPath: "input"))
      // A reader that never ends is killed by the signal.
      alarm(UInt32(subject.seconds * (sanitized ? 60 : 5)))
      let start = ContinuousClock.now
      do {
        try subject.read("input", input)
      } catch {
        guard Self.isOurs(error) else { fail(number, subject, "a stranger's error: \(error)") }
      }
      let took = ContinuousClock.now - start
      if took > .seconds(subject.seconds * slowness) {
        fail(number, subject, "it took \(took)")
      }
      alarm(0)
      if number % 100 == 0 {
        let names = try FileManager.default.contentsOfDirectory(atPath: ".")
        if let stranger = names.first(where: { !expected.contains($0) }) {
          fail(number, subject, "a file that nobody asked for: \(stranger)")
        }
        for place in Hostile.escapes where FileManager.default.fileExists(atPath: place) {
          fail(number, subject, "a file that nobody asked for: \(place)")
        }
      }
    }
  }

  private func fail(_ number: Int, _ subject: Subject, _ what: String) -> Never {
    print("input \(number), \(subject.name): \(what)")
    exit(70)
  }

  private static func isOurs(_ error: any Error) -> Bool {
    error is ModelFileError || error is DatasetError || error is CompressionError
      || error is LinearAlgebraError || error is NeuralNetworkError
      || error is LearningCompressionError || error is RecipeError
  }

  /// Beyond twice the declared limit, allocations fail, and the worker with them.
  private func limitMemory() {
    let pages =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))
      .flatMap { $0.split(separator: " ").first.flatMap { Int($0) } } ?? 0
    let bytes = rlim_t(pages * Int(sysconf(Int32(_SC_PAGESIZE))) + 2 * Self.declaredLimit)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    if setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) != 0 {
      print("the memory cannot be limited")
      exit(71)
    }
  }
}
