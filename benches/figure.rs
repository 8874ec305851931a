//! One figure, and the order statistics that it is made of.

use serde::Serialize;

/// One line of `results.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// The program that did the same work in the same run.
    pub peer: Option<&'static str>,
    pub peer_value: Option<f64>,
    /// `value / peer_value`
    pub ratio: Option<f64>,
    /// Measurements that the value is made of.
    pub runs: usize,
    pub note: String,
}

impl Figure {
    /// A figure without a peer.
    pub fn alone(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        runs: usize,
        note: impl Into<String>,
    ) -> Self {
        let (name, note) = (name.into(), note.into());
        Self { name, value: rounded(value), unit, peer: None, peer_value: None, ratio: None, runs, note }
    }
}

impl Figure {
    /// A figure beside a peer's, of the same work.
    pub fn against(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        (peer, peer_value): (&'static str, f64),
        runs: usize,
        note: impl Into<String>,
    ) -> Self {
        let ratio = (peer_value > 0.0).then(|| rounded(value / peer_value));
        Self {
            peer: Some(peer),
            peer_value: Some(rounded(peer_value)),
            ratio,
            ..Self::alone(name, value, unit, runs, note)
        }
    }
}

/// To a thousandth: no clock here is better.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Measured values in ascending order; at least one.
#[derive(Clone, Debug)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// # Errors
    /// If nothing was measured.
    pub fn new(mut values: Vec<f64>) -> anyhow::Result<Self> {
        anyhow::ensure!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Ok(Self(values))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest value that at least this share (0 to 1) of all values do not exceed: nearest rank, nothing interpolated.
    pub fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len()) - 1).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub fn min(&self) -> f64 {
        self.quantile(0.0)
    }

    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }
}
