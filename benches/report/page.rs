//! The figures drawn: bars in plain HTML, nothing loaded from anywhere.

use std::fmt::Write;

use super::{Line, peer};
use crate::figure::Figure;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .5rem;vertical-align:top;\
border-top:1px solid #d5dae0}th{font-weight:600;width:17rem}td.value{text-align:right;white-space:nowrap;width:8rem;\
font-variant-numeric:tabular-nums}.bar{height:.8rem;margin:.3rem 0;background:#1f6f8b}.bar.peer{background:#a9b3bd}\
.note,.absent{color:#55606b;font-size:.85rem}";

/// The whole page: one table a part.
pub fn html(machine: &str, parts: &[(&str, Vec<Line<'_>>)]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Parvis: figures</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body><h1>Figures</h1>\
         <p>{}</p>\n",
        escaped(machine)
    );
    for (title, lines) in parts {
        let _ = writeln!(page, "<h2>{}</h2>\n<table>", escaped(title));
        for line in lines {
            let _ = match line {
                Line::Measured(figure, verdict) => {
                    let words = verdict.as_ref().map_or("", |verdict| &verdict.words);
                    writeln!(page, "{}", row(figure, words, longest(figure.unit, lines)))
                }
                Line::Absent(name, why) => writeln!(
                    page,
                    "<tr><th scope=\"row\">{}</th><td class=\"value\">-</td><td class=\"absent\">{}</td></tr>",
                    escaped(name),
                    escaped(why)
                ),
            };
        }
        page.push_str("</table>\n");
    }
    page.push_str("</body></html>\n");
    page
}

fn row(figure: &Figure, verdict: &str, longest: f64) -> String {
    let mut bars = bar(figure.value, longest, "bar");
    if let Some(value) = figure.peer_value {
        bars.push_str(&bar(value, longest, "bar peer"));
    }
    let compared = peer(figure).map_or_else(String::new, |peer| format!("{peer}. "));
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"value\">{} {}</td><td>{bars}<div>{}</div><div class=\"note\">{}{} ({} runs)</div></td></tr>",
        escaped(&figure.name),
        figure.value,
        escaped(figure.unit),
        escaped(verdict),
        escaped(&compared),
        escaped(&figure.note),
        figure.runs
    )
}

/// Bars of one unit within a part have one scale.
fn longest(unit: &str, lines: &[Line<'_>]) -> f64 {
    let figures = lines.iter().filter_map(|line| match line {
        Line::Measured(figure, _) if figure.unit == unit => Some(*figure),
        _ => None,
    });
    figures.flat_map(|figure| [Some(figure.value), figure.peer_value]).flatten().fold(0.0, f64::max)
}

fn bar(value: f64, longest: f64, class: &str) -> String {
    let percent = if longest > 0.0 { 100.0 * value / longest } else { 0.0 };
    format!("<div class=\"{class}\" style=\"width:{percent:.1}%\"></div>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
