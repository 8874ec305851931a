//! Where the frames of real series lie: told in the order in which they are shown.

use std::fs;
use std::path::Path;

use parvis::imaging::{
    ContentHash, FramesOfReference, InstanceFacts, StackPlaces, display_order, read_header, stacks,
};

use crate::support::corpus::{corpus, list};

fn facts(path: &Path) -> InstanceFacts {
    read_header(&fs::read(path).unwrap(), ContentHash([0; 32])).unwrap().instance
}

/// How far along its own normal each frame lies, mm.
fn heights(places: &StackPlaces) -> Vec<f64> {
    places
        .known()
        .map(|(_, place)| {
            place.position_mm.iter().zip(place.normal).map(|(position, part)| position * part).sum()
        })
        .collect()
}

/// Among them a gantry that is tilted and slices that lie nearly sagittal.
#[test]
fn slices_of_a_series_lie_where_the_corpus_says() {
    let Some(folder) = corpus() else { return };
    let mut tried = 0;
    for series in list(&folder, "series_and_media.json")["series"].as_array().unwrap() {
        let Some(truth) = series["position_along_normal_mm"].as_array() else { continue };
        let name = series["path"].as_str().unwrap();
        let files = fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
        let instances: Vec<_> = files.map(|path| facts(&path)).collect();
        let order = display_order(&instances);
        let places = StackPlaces::of(&order, &instances, "study", &mut FramesOfReference::default());
        let found = heights(&places);
        assert_eq!(found.len(), truth.len(), "{name}");
        for (found, truth) in found.iter().zip(truth) {
            assert!((found - truth.as_f64().unwrap()).abs() < 0.01, "{name}: {found} for {truth}");
        }
        assert!(places.known().all(|(_, place)| place.frame_of_reference == 0), "{name}");
        tried += 1;
    }
    assert!(tried >= 2, "a tilted and a sagittal series at least");
}

/// PS3.3 C.7.6.16.2.3.
#[test]
fn frames_of_enhanced_objects_follow_each_other_along_their_normal() {
    let Some(folder) = corpus() else { return };
    let mut tried = 0;
    for file in list(&folder, "manifest.json").as_array().unwrap() {
        let is_of = |word: &str| file["has"].as_array().is_some_and(|has| has.iter().any(|one| one == word));
        let is_whole = file["class"] == "valid" && matches!(file["modality"].as_str(), Some("CT" | "MR"));
        if !is_of("per_frame_groups") || !is_whole {
            continue;
        }
        let name = file["path"].as_str().unwrap();
        let instance = [facts(&folder.join(name))];
        for stack in stacks(&instance) {
            let places =
                StackPlaces::of(&stack.frames, &instance, "study", &mut FramesOfReference::default());
            let found = heights(&places);
            if found.is_empty() {
                continue;
            }
            assert_eq!(found.len(), stack.frames.len(), "{name}");
            assert!(found.is_sorted(), "{name}: {found:?}");
            tried += 1;
        }
    }
    assert!(tried >= 4, "{tried} stacks");
}
