import Foundation

// Reads damaged and hostile files, archives, plans and recipes: each must give values or an error of its module.
// Every third input is a network of random layers, which must compute what its naive twin does.
//
//   fuzz [COUNT] [SEED]          runs workers and reports what they did not survive
//   fuzz --worker FIRST COUNT    one of the workers, in its own folder
//
// A crash, more than a second, more memory than twice the declared limit, an error that is not the
// package's own, or a file that appears anywhere else is a failure. Its input is kept in
// fuzz-failures/.

if CommandLine.arguments.dropFirst().first == "--worker" {
  let numbers = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
  guard numbers.count == 2 else { exit(64) }
  try Worker(sanitized: Campaign.isSanitized).run(first: numbers[0], count: numbers[1])
} else {
  let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
  guard numbers.count == CommandLine.arguments.count - 1 else {
    print("usage: fuzz [COUNT] [SEED]")
    exit(64)
  }
  let first = (numbers.count > 1 ? numbers[1] : 1) << 32
  exit(try Campaign().run(first: first, count: numbers.first ?? 100_000) ? 0 : 1)
}
