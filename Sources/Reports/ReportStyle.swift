import Foundation
import InterchangeFigures

/// The looks of a page: a paper's supplement, on any width, in light and dark, and in print.
enum ReportStyle {
  /// The style sheet.
  ///
  /// - Parameters:
  ///   - light: the figures' colours in the light theme, as variables
  ///   - dark: the same in the dark theme
  static func sheet(light: String, dark: String) -> String {
    """
    :root{color-scheme:light;\(colors(.light))\(light)}
    @media screen and (prefers-color-scheme:dark){
    :root{color-scheme:dark;\(colors(.dark))\(dark)}
    }
    \(text)\(tables)\(figures)\(narrow)\(print)
    """
  }

  /// The page has the colours of its figures.
  private static func colors(_ theme: Theme) -> String {
    [
      ("ground", theme.background), ("text", theme.text), ("secondary", theme.secondaryText),
      ("axis", theme.axis), ("rule", theme.grid), ("panel", theme.missing),
      ("link", theme.series[0]),
    ].map { "--\($0):\($1.css);" }.joined()
  }

  private static let text = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--ground);color:var(--text);
    font:1.0625rem/1.5 Charter,"Bitstream Charter","Sitka Text",Cambria,
    "Liberation Serif","Times New Roman",serif;
    font-variant-numeric:lining-nums;overflow-wrap:break-word}
    main{max-width:77rem;margin:0 auto;padding:3.5rem clamp(1rem,4vw,3rem) 3rem}
    h1{font-size:1.75rem;line-height:1.2;font-weight:600;margin:0 0 1.25rem;text-wrap:balance;
    overflow-wrap:anywhere}
    h2{font-size:1.3rem;line-height:1.25;font-weight:600;margin:3.5rem 0 .75rem;padding-top:1rem;
    border-top:1px solid var(--axis);overflow-wrap:anywhere}
    p{margin:0 0 1rem;max-width:44rem}
    a{color:var(--link)}
    code,.command{font-family:"DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace;
    font-size:.8125rem}
    .command{margin:0 0 1.25rem;padding:.7rem .9rem;background:var(--panel);
    white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5}
    .command span{white-space:pre}
    dl{margin:0}
    dd{margin:0}
    .facts{display:flex;flex-wrap:wrap;gap:.4rem 2.25rem;margin:0 0 2.25rem}
    .facts dt,.caption,figcaption,.readout,footer,summary{font-size:.9375rem}
    .facts dt{color:var(--secondary);line-height:1.3}
    .facts div{min-width:0}
    .facts dd{overflow-wrap:anywhere}
    nav ol{margin:0;padding-left:1.4rem}
    .key dl{columns:2;column-gap:3rem}
    .key div{break-inside:avoid;margin:0 0 .8rem;font-size:.9375rem;line-height:1.45}
    .key dt{font-weight:600}
    .key dd{color:var(--text)}
    footer{margin-top:3rem;color:var(--secondary)}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px}

    """

  private static let tables = """
    .table{margin:0 0 2rem}
    .caption{max-width:50rem;margin:0 0 .5rem;line-height:1.4}
    .scroll{overflow-x:auto;max-width:100%}
    table{border-collapse:separate;border-spacing:0;font-size:.9375rem;line-height:1.35}
    th,td{padding:.28rem .7rem;text-align:left;vertical-align:baseline;font-weight:400}
    thead>tr>*{font-weight:600;vertical-align:bottom;border-top:1.5px solid var(--text);
    border-bottom:1px solid var(--text)}
    tbody tr:first-child>*{padding-top:.45rem}
    tbody tr:last-child>*{padding-bottom:.45rem;border-bottom:1.5px solid var(--text)}
    tr>:first-child{padding-left:0;position:sticky;left:0;background:var(--ground)}
    tr>:last-child{padding-right:.1rem}
    .prose{min-width:13rem;max-width:30rem;overflow-wrap:anywhere;white-space:pre-line}
    .number{text-align:right;font-variant-numeric:lining-nums tabular-nums}
    tbody .number{white-space:nowrap}
    details{margin:0 0 1.5rem}
    summary{cursor:pointer;padding:.35rem 0}
    details[open]>summary{margin-bottom:.9rem}

    """

  private static let figures = """
    .figures{display:flex;flex-wrap:wrap;align-items:flex-start;gap:2rem 1.5rem;margin:.5rem 0 2rem}
    figure{margin:0;width:var(--width);max-width:100%;min-width:0}
    figure .scroll{overflow-y:hidden}
    svg{display:block;width:100%;min-width:var(--least);height:auto}
    figcaption{margin-top:.5rem;text-wrap:pretty;line-height:1.4;overflow-wrap:anywhere}
    .cells rect{fill:transparent;outline:none}
    .cells rect.shown,.cells rect:focus{stroke:#fff;stroke-width:1.8;
    filter:drop-shadow(0 0 1px #000) drop-shadow(0 0 1px #000)}
    .readout{position:sticky;bottom:0;margin:.5rem 0 0;padding:.3rem 0;min-height:3.2em;
    max-width:none;    line-height:1.4;background:var(--ground);color:var(--text);
    font-variant-numeric:lining-nums tabular-nums}
    .readout.hint{color:var(--secondary)}
    [hidden]{display:none}

    """

  private static let narrow = """
    @media (max-width:46rem){
    body{font-size:1rem}
    main{padding-top:1.75rem}
    h1{font-size:1.4rem}
    h2{font-size:1.15rem;margin-top:2.5rem}
    .key dl{columns:1}
    tbody th.prose{min-width:9rem;max-width:9rem}
    th,td{padding-left:.5rem;padding-right:.5rem}
    }

    """

  private static let print = """
    @page{margin:16mm 14mm}
    @media print{
    body{font-size:10pt}
    main{max-width:none;padding:0}
    nav,.readout{display:none}
    .scroll{overflow:visible}
    svg{min-width:0}
    table{font-size:8pt}
    tbody .number{white-space:normal}
    th,td{padding-left:.35rem;padding-right:.35rem}
    tr>:first-child{position:static}
    figure,tr,.key div{break-inside:avoid}
    h2,.caption,summary{break-after:avoid}
    details::details-content{content-visibility:visible;block-size:auto}
    }
    """
}

extension Color {
  /// The colour as a style sheet has it.
  fileprivate var css: String {
    let levels = [red, green, blue].map { Int((255 * min(max($0, 0), 1)).rounded()) }
    return String(format: "#%02x%02x%02x", levels[0], levels[1], levels[2])
  }
}
