import Foundation
import Mustache

/// What the page of a report shows; `report.mustache` says how.
private struct ReportPage {
  struct Network {
    let name: String
    /// An SVG, drawn inline.
    let drawing: String?
    let overview: Overview?
    let differences: Overview?
    let head: [Cell]
    let rows: [Row]
  }

  struct Row {
    /// The compression, in full.
    let text: String
    /// Whether it is the first of its budget.
    let isFirst: Bool
    let cells: [Cell]
  }

  struct Cell {
    let text: String
    /// Whether it is words, not a number.
    let isText: Bool
    var isBest = false
  }

  let title: String
  let notes: [String]
  let differencesLegend: String
  let findings: [String]
  let networks: [Network]
  let plans: [String]
  let settings: [String]
  let sources: [String]
}

extension ResultTable {
  /// One page that needs nothing else: figures are drawn inline.
  ///
  /// - Parameter drawings: SVG texts by network.
  package func html(drawings: [String: String]) throws -> String {
    let template = try MustacheTemplate(
      string: String(decoding: PackageResources.report_mustache, as: UTF8.self))
    // What is code in Markdown is plain here.
    func plain(_ lines: [String]) -> [String] {
      lines.map { $0.replacingOccurrences(of: "`", with: "") }
    }
    let (overviews, differenceOverviews) = (overviews, differenceOverviews)
    return template.render(
      ReportPage(
        title: grid.recipe.title, notes: [grid.recipe.note, legend].compactMap { $0 },
        differencesLegend: differencesLegend,
        findings: plain(findings),
        networks: networks.map { network in
          .init(
            name: network, drawing: drawings[network].map(inline),
            overview: overviews.first { $0.network == network },
            differences: differenceOverviews.first { $0.network == network },
            head: columns.map { .init(text: $0.title, isText: $0.isText) },
            rows: pageRows(of: network))
        }, plans: plain(planTexts), settings: plain(settingTexts), sources: plain(sources)))
  }

  private func pageRows(of network: String) -> [ReportPage.Row] {
    let rows = rows.filter { $0.network == network }
    return rows.indices.map { index in
      let row = rows[index]
      return .init(
        text: row.text, isFirst: index == 0 || row.budget != rows[index - 1].budget,
        cells: columns.map {
          .init(
            text: $0.text(row), isText: $0.isText,
            isBest: row.isBest && $0.name == "test_error")
        })
    }
  }

  /// The settings that all rows share, then what each has of its own.
  private var settingTexts: [String] {
    let shared = common(rows.map(\.settings).filter { !$0.isEmpty })
    func text(_ settings: [String: String]) -> String {
      settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
    let own = rows.filter { !$0.settings.isEmpty }.map { row in
      let name = [
        networks.count > 1 ? row.network : nil, row.budget.map { "\(trimmed($0))×" }, row.plan,
        row.method.rawValue, row.swept,
      ].compactMap { $0 }.joined(separator: ", ")
      return "\(name): \(text(row.settings.filter { shared[$0.key] == nil }))"
    }
    return (shared.isEmpty ? [] : ["all: \(text(shared))"]) + own
  }

  /// An SVG without what belongs to a file of its own.
  private func inline(_ svg: String) -> String {
    svg.range(of: "<svg").map { String(svg[$0.lowerBound...]) } ?? ""
  }
}
