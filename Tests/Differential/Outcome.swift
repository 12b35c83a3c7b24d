import Foundation

/// What became of one case, on its way from a worker to the campaign.
struct Outcome: Codable {
  let number: Int
  let subject: String
  let input: String
  let plan: String
  /// The operator's objective beyond rounding, divided by the twin's.
  var ratio: Double?
  /// Why the operator does not take this input.
  var refusal: String?
  var failures: [String] = []
  var seconds = 0.0
}
