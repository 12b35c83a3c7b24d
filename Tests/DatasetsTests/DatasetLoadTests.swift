import Testing

@testable import Datasets

@Suite struct DatasetLoadTests {
  /// Writes the four files of a random set, the training set of `count` images.
  func write(
    _ count: Int, to folder: TemporaryFolder, under subfolder: String = "", separator: String = "-",
    zipped: Bool = true
  ) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for (part, count) in [("train", count), ("t10k", 4)] {
      let (sizes, pixels, labels) = generator.images(count)
      for (stem, bytes) in [
        ("\(part)-images\(separator)idx3-ubyte", idxImages(sizes, pixels)),
        ("\(part)-labels\(separator)idx1-ubyte", idxLabels(labels)),
      ] {
        try folder.write(
          zipped ? gzip(bytes) : bytes, to: subfolder + stem + (zipped ? ".gz" : ""))
      }
    }
  }

  @Test(arguments: ["-", "."], [true, false])
  func loadsADirectory(separator: String, zipped: Bool) throws {
    try TemporaryFolder.with { folder in
      try write(6, to: folder, under: "my-set/", separator: separator, zipped: zipped)
      for slash in ["", "/"] {
        let data = try Dataset.load(folder.path + "/my-set" + slash)
        #expect(data.name == "my-set")
        #expect(data.classes == 10)
        #expect(data.training.count == 6)
        #expect(data.test.count == 4)
        #expect(data.training.shape == [1, 5, 3])
        #expect(data.normalisation == Normalisation(meanOf: data.training))
      }
    }
  }

  @Test func theFirstDirectoryWithTheNameWins() throws {
    try TemporaryFolder.with { folder in
      let roots = ["one", "two/", "three"].map { "\(folder.path)/\($0)" }
      try write(5, to: folder, under: "two/mnist/")
      try write(6, to: folder, under: "three/mnist/")
      let data = try Dataset.load("mnist", in: DataDirectories(roots: roots))
      #expect(data.name == "mnist")
      #expect(data.training.count == 5)
    }
  }

  @Test func looksInTheDocumentedPlaces() {
    let places = ["./data", "/home/me/.local/share/learning-compression", "/usr/share/datasets"]
    for environment in [[:], ["LC_DATA": ""]] {
      #expect(
        DataDirectories.standard(environment: environment, home: "/home/me").roots == places)
    }
    #expect(
      DataDirectories.standard(environment: ["LC_DATA": "/sets"], home: "/home/me").roots
        == ["/sets"] + places)
  }

  @Test func saysWhereItLookedAndWhatToInstall() {
    let error = #expect(throws: DatasetError.self) {
      try Dataset.load("fashion-mnist", in: DataDirectories(roots: ["/none/a", "/none/b"]))
    }
    #expect(
      error?.description == "no data set 'fashion-mnist'; looked in /none/a/fashion-mnist, "
        + "/none/b/fashion-mnist; try: apt install dataset-fashion-mnist")
    #expect(error?.category == .missingInput)
  }

  @Test func anUnknownNameIsAMissingDirectory() {
    let error = #expect(throws: DatasetError.self) { try Dataset.load("/none/such") }
    #expect(error?.category == .missingInput)
    #expect(error?.description.contains("known names are fashion-mnist, mnist") == true)
  }

  @Test func namesTheMissingFile() throws {
    try TemporaryFolder.with { folder in
      try write(6, to: folder)
      try folder.remove("t10k-labels-idx1-ubyte.gz")
      let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
      #expect(error?.category == .missingInput)
      #expect(error?.description.contains("t10k-labels-idx1-ubyte or t10k-labels-idx1") == true)
    }
  }

  @Test func takesTheFirstImagesOnly() throws {
    try TemporaryFolder.with { folder in
      try write(6, to: folder)
      let whole = try Dataset.load(folder.path)
      let part = try Dataset.load(folder.path, limit: 2)
      #expect(part.training == (try whole.training.first(2)))
      #expect(part.test == whole.test)
      #expect(part.normalisation == Normalisation(meanOf: part.training))
      for limit in [-1, 0, 7] {
        #expect(throws: DatasetError.invalidLimit(requested: limit, available: 6)) {
          try Dataset.load(folder.path, limit: limit)
        }
      }
    }
  }

  @Test func labelsAndImagesMustBeEquallyMany() throws {
    try TemporaryFolder.with { folder in
      try write(6, to: folder)
      let path = try folder.write(
        gzip(idxLabels([1, 2, 3, 4, 5])), to: "train-labels-idx1-ubyte.gz")
      let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
      #expect(error?.description == "\(path): byte 4: expected 6 labels, found 5")
      #expect(error?.category == .badData)
    }
  }

  @Test func aLabelBeyondTheClassesIsAnError() throws {
    try TemporaryFolder.with { folder in
      try write(3, to: folder)
      let path = try folder.write(gzip(idxLabels([1, 2, 11])), to: "train-labels-idx1-ubyte.gz")
      let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
      #expect(error?.description == "\(path): byte 10: expected a label below 10, found 11")
      #expect(try Dataset.load(folder.path, classes: 12).training.labels == [1, 2, 11])
      #expect(throws: DatasetError.invalidClassCount(0)) {
        try Dataset.load(folder.path, classes: 0)
      }
    }
  }

  @Test func randomDamageNeverCrashes() throws {
    var generator = SeededGenerator(seed: 9)
    try TemporaryFolder.with { folder in
      try write(6, to: folder)
      let names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
      let (sizes, pixels, labels) = generator.images(6)
      let files = [idxImages(sizes, pixels), idxLabels(labels)]
      for turn in 0..<1000 {
        let which = turn % 2
        // Half of the damage is done to the gzip stream, half to what is inside.
        var bytes = files[which]
        if turn % 4 < 2 { damage(&bytes, using: &generator) }
        bytes = gzip(bytes)
        if turn % 4 >= 2 { damage(&bytes, using: &generator) }
        let path = try folder.write(bytes, to: names[which] + ".gz")
        do {
          let idx = try IDX(contentsOf: path, as: which == 0 ? .images : .labels)
          #expect(idx.values.count == idx.sizes.reduce(1, *))
          let data = try Dataset.load(folder.path)
          #expect(data.training.labels.allSatisfy { $0 < 10 })
          #expect(data.training.pixels.count == data.training.count * data.training.pixelsPerImage)
        } catch let error as DatasetError {
          #expect(!error.description.isEmpty)
        }
        try folder.write(gzip(files[which]), to: names[which] + ".gz")
      }
      #expect(try Dataset.load(folder.path).training.pixels == pixels)
    }
  }

  /// One to three changes: a byte overwritten, a bit flipped, a part cut out, the end cut off, or
  /// random bytes put in.
  func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
    for _ in 0...Int.random(in: 0...2, using: &generator) {
      guard let place = bytes.indices.randomElement(using: &generator) else { return }
      switch generator.next() % 5 {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      case 1: bytes[place] ^= 1 << UInt8(generator.next() % 8)
      case 2: bytes.removeSubrange(place..<min(place + 3, bytes.count))
      case 3: bytes.removeSubrange(place...)
      default: bytes.insert(contentsOf: generator.bytes(3), at: place)
      }
    }
  }
}
