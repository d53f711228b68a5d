//! Diagrams of the tables that drive the code, as Mermaid or Graphviz DOT.
//!
//! ```
//! use pod_lifecycle::diagram::{Format, Table};
//!
//! let stages = Table::Stage.draw(Format::Mermaid).to_string();
//! assert!(stages.starts_with("stateDiagram-v2\n"));
//! assert!(stages.contains("Bound --> Syncing: Admitted (kubelet)"));
//! ```

use crate::api::ConditionStatus;
use crate::pod::{Action, Edge, InstanceStage, SandboxState, Stage};
use crate::rules::{conditions, phase, probe};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

/// A table that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Stages of a Pod.
    Stage,
    /// The Pod's sandbox.
    Sandbox,
    /// An instance of a container in the runtime.
    Container,
    /// A probe worker.
    Probe,
    /// Permitted changes of the published phase.
    Phase,
    /// Permitted changes of the conditions.
    Conditions,
    /// Who is asked for each action, and which events answer.
    Action,
}

/// In which language a diagram is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Mermaid, as Markdown renderers draw it.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
}

/// An arrow of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The part of the diagram; empty if it has no parts.
    pub part: &'static str,
    /// Where it begins; `None`: at the beginning.
    pub from: Option<Cow<'static, str>>,
    /// Where it leads; `None`: to the end.
    pub to: Option<Cow<'static, str>>,
    /// What stands beside it.
    pub label: Cow<'static, str>,
}

impl Table {
    /// All tables.
    pub const ALL: &'static [Self] =
        &[Self::Stage, Self::Sandbox, Self::Container, Self::Probe, Self::Phase, Self::Conditions, Self::Action];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Sandbox => "sandbox",
            Self::Container => "container",
            Self::Probe => "probe",
            Self::Phase => "phase",
            Self::Conditions => "conditions",
            Self::Action => "action",
        }
    }

    /// The diagram.
    pub fn draw(self, format: Format) -> impl fmt::Display {
        let arrows = self.arrows();
        fmt::from_fn(move |f| match (format, self) {
            (Format::Mermaid, Self::Action) => flowchart(f, &arrows),
            (Format::Mermaid, _) => state_diagram(f, &arrows),
            (Format::Dot, _) => dot(f, self.as_str(), &arrows),
        })
    }

    /// Its rows as arrows.
    pub fn arrows(self) -> Vec<Arrow> {
        match self {
            Self::Stage => machine(Stage::EDGES, Stage::Accepted.as_str()),
            Self::Sandbox => machine(SandboxState::EDGES, SandboxState::Absent.as_str()),
            Self::Container => machine(InstanceStage::EDGES, InstanceStage::Absent.as_str()),
            Self::Probe => probe_worker(),
            Self::Phase => phases(),
            Self::Conditions => condition_changes(),
            Self::Action => actions(),
        }
    }
}

fn machine(edges: &'static [Edge], start: &'static str) -> Vec<Arrow> {
    let rows = edges.iter().map(|edge| Arrow {
        part: "",
        from: Some(edge.from.into()),
        to: Some(edge.to.into()),
        label: format!("{} ({})", edge.event, edge.by.as_str()).into(),
    });
    start_at(start).chain(rows).collect()
}

fn probe_worker() -> Vec<Arrow> {
    let rows = probe::EDGES.iter().map(|edge| Arrow {
        part: "",
        from: Some(edge.from.into()),
        to: Some(edge.to.into()),
        label: edge.event.into(),
    });
    start_at("Idle").chain(rows).collect()
}

fn phases() -> Vec<Arrow> {
    let row = |edge: &phase::PhaseEdge| Arrow {
        part: "",
        from: edge.from.map(|from| from.as_str().into()),
        to: Some(edge.to.as_str().into()),
        label: edge.when.into(),
    };
    phase::EDGES.iter().map(row).collect()
}

fn condition_changes() -> Vec<Arrow> {
    let name = |status: Option<ConditionStatus>| status.map(|status| status.as_str().into());
    let row = |edge: &conditions::ConditionEdge| Arrow {
        part: edge.condition,
        from: name(edge.from),
        to: name(edge.to),
        label: edge.when.into(),
    };
    conditions::EDGES.iter().map(row).collect()
}

fn actions() -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for row in Action::table() {
        let label = format!("{} ({})", row.method, row.of.as_str());
        for &answer in row.answers {
            arrows.push(Arrow { part: "", from: Some(row.action.into()), to: Some(answer.into()), label: label.clone().into() });
        }
    }
    arrows
}

fn start_at(state: &'static str) -> impl Iterator<Item = Arrow> {
    core::iter::once(Arrow { part: "", from: None, to: Some(state.into()), label: "".into() })
}

/// Runs of arrows of the same part.
fn parts(arrows: &[Arrow]) -> impl Iterator<Item = &[Arrow]> {
    arrows.chunk_by(|one, next| one.part == next.part)
}

fn state_diagram(f: &mut fmt::Formatter<'_>, arrows: &[Arrow]) -> fmt::Result {
    writeln!(f, "stateDiagram-v2")?;
    for part in parts(arrows) {
        let name = part[0].part;
        let indent = if name.is_empty() { "    " } else { "        " };
        if !name.is_empty() {
            writeln!(f, "    state {name} {{")?;
            // States of different parts must not have the same identifier.
            for state in states(part) {
                writeln!(f, "{indent}state \"{state}\" as {}", identifier(name, state))?;
            }
        }
        for arrow in part {
            let end = |end: &Option<Cow<'_, str>>| end.as_ref().map_or("[*]".into(), |state| identifier(name, state));
            write!(f, "{indent}{} --> {}", end(&arrow.from), end(&arrow.to))?;
            match &*arrow.label {
                "" => writeln!(f)?,
                label => writeln!(f, ": {}", label.replace(':', " -"))?,
            }
        }
        if !name.is_empty() {
            writeln!(f, "    }}")?;
        }
    }
    Ok(())
}

/// Actions on the left, the events that answer on the right.
fn flowchart(f: &mut fmt::Formatter<'_>, arrows: &[Arrow]) -> fmt::Result {
    writeln!(f, "flowchart LR")?;
    for (from, to, label) in arrows.iter().filter_map(|arrow| Some((arrow.from.as_ref()?, arrow.to.as_ref()?, &arrow.label))) {
        writeln!(f, "    a{from}[\"{from}<br/>{label}\"] --> e{to}([{to}])")?;
    }
    Ok(())
}

fn dot(f: &mut fmt::Formatter<'_>, name: &str, arrows: &[Arrow]) -> fmt::Result {
    writeln!(f, "digraph {name} {{\n    rankdir=LR;\n    node [shape=box, style=rounded];")?;
    for (number, part) in parts(arrows).enumerate() {
        let cluster = part[0].part;
        if !cluster.is_empty() {
            writeln!(f, "    subgraph cluster_{number} {{\n    label=\"{cluster}\";")?;
        }
        if part.iter().any(|arrow| arrow.from.is_none()) {
            writeln!(f, "    \"{cluster}.start\" [shape=point];")?;
        }
        if part.iter().any(|arrow| arrow.to.is_none()) {
            writeln!(f, "    \"{cluster}.end\" [shape=doublecircle, label=\"\", width=0.15];")?;
        }
        for state in states(part) {
            writeln!(f, "    \"{}\" [label=\"{state}\"];", identifier(cluster, state))?;
        }
        for arrow in part {
            let end = |end: &Option<Cow<'_, str>>, absent| match end {
                Some(state) => identifier(cluster, state),
                None => format!("{cluster}.{absent}"),
            };
            writeln!(f, "    \"{}\" -> \"{}\" [label=\"{}\"];", end(&arrow.from, "start"), end(&arrow.to, "end"), arrow.label)?;
        }
        if !cluster.is_empty() {
            writeln!(f, "    }}")?;
        }
    }
    writeln!(f, "}}")
}

/// The states of a part, each once, in the order of their first arrow.
fn states(part: &[Arrow]) -> Vec<&str> {
    let mut states = Vec::new();
    for state in part.iter().flat_map(|arrow| [&arrow.from, &arrow.to]).filter_map(Option::as_deref) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    states
}

fn identifier(part: &str, state: &str) -> alloc::string::String {
    format!("{part}{state}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_row_is_an_arrow() {
        let rows = [
            (Table::Stage, Stage::EDGES.len() + 1),
            (Table::Sandbox, SandboxState::EDGES.len() + 1),
            (Table::Container, InstanceStage::EDGES.len() + 1),
            (Table::Probe, probe::EDGES.len() + 1),
            (Table::Phase, phase::EDGES.len()),
            (Table::Conditions, conditions::EDGES.len()),
            (Table::Action, Action::table().iter().map(|row| row.answers.len()).sum()),
        ];
        for (table, count) in rows {
            let (mermaid, dot) = (table.draw(Format::Mermaid).to_string(), table.draw(Format::Dot).to_string());
            assert_eq!((mermaid.matches(" --> ").count(), dot.matches(" -> ").count()), (count, count), "{}", table.as_str());
            assert_eq!(dot.matches('{').count(), dot.matches('}').count());
        }
    }

    #[test]
    fn parts_keep_their_states_apart() {
        let drawn = Table::Conditions.draw(Format::Mermaid).to_string();
        assert!(drawn.contains("    state Ready {\n        state \"False\" as ReadyFalse\n"), "{drawn}");
        assert!(drawn.contains("        [*] --> ReadyFalse: first build\n"), "{drawn}");
    }
}
