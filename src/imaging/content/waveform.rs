//! Waveforms (PS3.3 A.34, C.10.9): sounds are played, the others say what was recorded and measured.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::{dataset, header};
use super::words::{self, Lines, coded, text};
use super::{Content, ContentError, Document, Section};

/// The most channels, and the most measurements, that are listed.
const MAX_LINES: usize = 300;
/// The longest sound, in samples of all channels together.
const MAX_SAMPLES: usize = 100_000_000;

/// Basic Voice Audio and General Audio.
const SOUNDS: [&str; 2] = ["1.2.840.10008.5.1.4.1.1.9.4.1", "1.2.840.10008.5.1.4.1.1.9.4.2"];

pub(super) fn waveform(set: &InMemDicomObject, class_uid: &str) -> Result<Content, ContentError> {
    let groups = dataset::items(set, tags::WAVEFORM_SEQUENCE);
    if SOUNDS.contains(&class_uid)
        && let Some(group) = groups.first()
    {
        return sound(group).map(|bytes| Content::Sound(bytes, "audio/wav"));
    }
    let mut sections = vec![Section {
        text: match groups.len() {
            0 => "A recording without any channel.".to_owned(),
            _ => "A recording of curves. They are not drawn here.".to_owned(),
        },
        ..Section::default()
    }];
    sections.extend(groups.iter().take(20).map(recording));
    let mut measured = Lines::default();
    for annotation in dataset::items(set, tags::WAVEFORM_ANNOTATION_SEQUENCE).iter().take(MAX_LINES) {
        let name = coded(annotation, tags::CONCEPT_NAME_CODE_SEQUENCE);
        let unit = dataset::items(annotation, tags::MEASUREMENT_UNITS_CODE_SEQUENCE).first().map(words::unit);
        let number = text(annotation, tags::NUMERIC_VALUE);
        let values = [
            text(annotation, tags::UNFORMATTED_TEXT_VALUE),
            format!("{number} {}", unit.unwrap_or_default()).trim().to_owned(),
            coded(annotation, tags::CONCEPT_CODE_SEQUENCE),
        ];
        // A unit without its number says nothing.
        let value = values
            .into_iter()
            .enumerate()
            .find(|(place, value)| !value.is_empty() && (*place != 1 || !number.is_empty()));
        measured.add(&name, value.map(|(_, value)| value).unwrap_or_default());
    }
    sections.extend(measured.section("Measurements"));
    let mut facts = words::facts(set);
    let mut more = words::Facts::default();
    more.add("description", text(set, tags::ACQUISITION_CONTEXT_DESCRIPTION));
    facts.extend(more.0);
    Ok(Content::Text(Document { title: words::class_name(&header::class_uid(set)), facts, sections }))
}

/// One multiplex group (PS3.3 C.10.9.1).
fn recording(group: &InMemDicomObject) -> Section {
    let mut lines = Lines::default();
    let channels = dataset::integer(group, tags::NUMBER_OF_WAVEFORM_CHANNELS).unwrap_or(0);
    let samples = dataset::number(group, tags::NUMBER_OF_WAVEFORM_SAMPLES).unwrap_or(0.0);
    let frequency = dataset::number(group, tags::SAMPLING_FREQUENCY).filter(|frequency| *frequency > 0.0);
    lines.add("Channels", channels.to_string());
    lines.number("Sampling", frequency, "Hz");
    lines.number("Duration", frequency.map(|frequency| samples / frequency), "s");
    let definitions = dataset::items(group, tags::CHANNEL_DEFINITION_SEQUENCE);
    let names = definitions.iter().take(MAX_LINES).map(|channel| {
        let names = [coded(channel, tags::CHANNEL_SOURCE_SEQUENCE), text(channel, tags::CHANNEL_LABEL)];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "without a name".to_owned())
    });
    lines.add("Leads", names.collect::<Vec<_>>().join(", "));
    let label = text(group, tags::MULTIPLEX_GROUP_LABEL);
    let heading = if label.is_empty() { "Recording" } else { &label };
    lines.section(heading).unwrap_or_default()
}

fn fault(why: &str) -> ContentError {
    ContentError::Damaged(format!("the sound {why}"))
}

/// A sound as a RIFF WAVE file with samples of 16 bits (PS3.3 C.10.9.1.5).
fn sound(group: &InMemDicomObject) -> Result<Vec<u8>, ContentError> {
    let whole = |tag: Tag| dataset::integer(group, tag).and_then(|value| u32::try_from(value).ok());
    let channels = whole(tags::NUMBER_OF_WAVEFORM_CHANNELS).filter(|count| (1..=8).contains(count));
    let channels = channels.ok_or_else(|| fault("does not say how many channels it has"))?;
    let frequency =
        dataset::number(group, tags::SAMPLING_FREQUENCY).filter(|hertz| (1.0..=384_000.0).contains(hertz));
    let frequency = frequency.ok_or_else(|| fault("does not say how fast it was sampled"))? as u32;
    let bytes = dataset::bytes(group, tags::WAVEFORM_DATA).unwrap_or_default();
    let bits = whole(tags::WAVEFORM_BITS_ALLOCATED).unwrap_or(8);
    let form = text(group, tags::WAVEFORM_SAMPLE_INTERPRETATION);
    let read: Vec<i16> = match (form.as_str(), bits) {
        ("UB", 8) => bytes.iter().map(|byte| (i16::from(*byte) - 128) << 8).collect(),
        ("SB", 8) => bytes.iter().map(|byte| i16::from(*byte as i8) << 8).collect(),
        ("MB", 8) => bytes.iter().map(|byte| from_mu_law(*byte)).collect(),
        ("AB", 8) => bytes.iter().map(|byte| from_a_law(*byte)).collect(),
        ("SS", 16) => bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect(),
        ("US", 16) => {
            bytes.as_chunks::<2>().0.iter().map(|pair| (u16::from_le_bytes(*pair) ^ 0x8000) as i16).collect()
        }
        _ => return Err(fault("is written in a way that is not played here")),
    };
    let declared = whole(tags::NUMBER_OF_WAVEFORM_SAMPLES).unwrap_or(0) as usize * channels as usize;
    if declared > read.len() {
        return Err(fault(&format!("says that it has {declared} samples, and {} are there", read.len())));
    }
    let count = if declared == 0 { read.len() } else { declared };
    if count == 0 || count > MAX_SAMPLES {
        return Err(fault("is empty or longer than is played here"));
    }
    Ok(wav(&read[..count], channels as u16, frequency))
}

/// ITU-T G.711, µ-law.
fn from_mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((i32::from(byte & 0x0F) << 3) + 0x84) << (byte >> 4 & 7);
    let value = magnitude - 0x84;
    (if byte & 0x80 == 0 { value } else { -value }) as i16
}

/// ITU-T G.711, A-law.
fn from_a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let step = i32::from(byte & 0x0F) << 4;
    let value = match byte >> 4 & 7 {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    (if byte & 0x80 == 0 { -value } else { value }) as i16
}

fn wav(samples: &[i16], channels: u16, frequency: u32) -> Vec<u8> {
    let length = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + length as usize);
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(frequency.to_le_bytes());
    file.extend((frequency * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the tables in ITU-T G.711, scaled to 16 bits.
    #[test]
    fn companded_samples_are_expanded() {
        assert_eq!([0x00, 0x7F, 0x80, 0xFF].map(from_mu_law), [-32_124, 0, 32_124, 0]);
        assert_eq!([0x2A, 0xAA, 0xD5, 0x55].map(from_a_law), [-32_256, 32_256, 8, -8]);
    }

    #[test]
    fn a_wave_file_says_what_is_in_it() {
        let file = wav(&[1, -1, 2, -2], 2, 8000);
        assert_eq!(file.len(), 52);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(&file[24..28], 8000_u32.to_le_bytes());
        assert_eq!(&file[40..46], [8, 0, 0, 0, 1, 0]);
    }
}
