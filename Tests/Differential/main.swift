import Foundation

// Compares every operator with a slow, obviously right twin in double precision, over a lattice of
// distributions, shapes and scales.
//
//   differential [--minutes N] [--seed N] [--only OPERATOR]   the campaign, an hour unless said
//   differential --only OPERATOR --case INPUT                 one case, as a failure prints it
//   differential --worker FIRST STEP DEADLINE SEED [OPERATOR] a part of a campaign
//
// The order depends on the seed alone and is shuffled: each round takes every operator once. The last
// line says how many cases passed and failed; the exit status is 1 after a failure.

var words = Array(CommandLine.arguments.dropFirst())

func usage() -> Never {
  print("usage: differential [--minutes N] [--seed N] [--only OPERATOR [--case INPUT]]")
  exit(64)
}

if words.first == "--worker" {
  guard words.count >= 5, let first = Int(words[1]), let step = Int(words[2]),
    let deadline = Double(words[3]), let seed = UInt64(words[4])
  else { usage() }
  let subjects = Subject.all().filter { words.count < 6 || $0.name == words[5] }
  try Worker(lattice: Lattice(subjects: subjects, seed: seed))
    .run(first: first, step: step, until: deadline)
  exit(0)
}

var options = ["--minutes": "60", "--seed": "1", "--only": "", "--case": ""]
while let key = words.first {
  guard options[key] != nil, words.count > 1 else { usage() }
  options[key] = words[1]
  words.removeFirst(2)
}
guard let minutes = Double(options["--minutes"] ?? ""), let seed = UInt64(options["--seed"] ?? ""),
  let only = options["--only"], let given = options["--case"]
else { usage() }
let subjects = Subject.all().filter { only.isEmpty || $0.name == only }
guard let subject = subjects.first else {
  print("no operator '\(only)'; there are:")
  for subject in Subject.all() { print("  \(subject.name)") }
  exit(64)
}
if given.isEmpty {
  let report = try Campaign(subjects: subjects, seed: seed, seconds: 60 * minutes).run()
  report.print()
  exit(report.isPassed ? 0 : 1)
}
guard let input = Case(given), subjects.count == 1 else { usage() }
let trial = Trial(subject, input)
print("\(trial.plan) of \(input), μ = \(trial.problem.mu)")
if trial.problem.count <= 16 { print("w = \(trial.problem.values)") }
let outcome = trial.outcome(number: 0)
if let refusal = outcome.refusal { print("refused: \(refusal)") }
if let ratio = outcome.ratio { print("ratio to the twin: \(ratio)") }
for failure in outcome.failures { print(failure) }
exit(outcome.failures.isEmpty ? 0 : 1)
