import Testing

@testable import LearningCompression
