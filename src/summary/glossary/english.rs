//! The words in English.

use super::Entry;

/// Codes, the word for them, and how such images come about.
pub(super) const MODALITIES: &[(&[&str], &str, &str)] = &[
    (&["CT"], "CT scan", "Pictures of slices of the body, made with X-rays."),
    (&["MR"], "MRI", "Pictures of slices of the body, made with a magnet and radio waves, without X-rays."),
    (&["US", "IVUS"], "Ultrasound", "Pictures made with sounds too high to be heard."),
    (&["CR", "DX", "RG"], "X-ray", "A flat picture of the body, made with X-rays."),
    (&["MG"], "Mammography", "An X-ray of the breast."),
    (&["XA", "RF"], "Fluoroscopy", "Moving X-ray pictures, often with a contrast agent."),
    (
        &["NM"],
        "Nuclear scan",
        "A picture of how an organ works, made with a small dose of a radioactive substance.",
    ),
    (
        &["PT"],
        "PET scan",
        "A picture of how active cells are, made with a small dose of a radioactive substance.",
    ),
    (&["ES"], "Endoscopy", "Pictures of the inside of the body, made by a small camera."),
    (&["XC", "GM", "SM"], "Photograph", "A photograph, or a picture seen through a microscope."),
    (&["OP", "OPT", "OPM"], "Pictures of the eye", "Pictures of the back of the eye, made with light."),
    (&["ECG"], "Electrocardiogram", "The trace of the electrical activity of the heart."),
    (&["PX", "IO"], "Dental X-ray", "A picture of teeth and jaws, made with X-rays."),
    (&["BMD"], "Bone density scan", "A measurement of how strong bones are, made with X-rays."),
];

/// In the order of the alphabet.
pub(super) const ENTRIES: &[Entry] = &[
    entry("Abdomen", &["abdomen", "abdominal"], "The belly, between the chest and the pelvis."),
    entry("Aneurysm", &["aneurysm"], "An artery that is widened in one place, like a small balloon."),
    entry("Artery", &["artery", "arterie"], "A vessel that carries blood from the heart to the body."),
    entry(
        "Atelectasis",
        &["atelectasis", "atelectase"],
        "A part of the lung that has folded up and holds less air.",
    ),
    entry("Benign", &["benign"], "Not a cancer."),
    entry(
        "Biopsy",
        &["biopsy", "biopsie"],
        "A small piece that is taken to be looked at under a microscope.",
    ),
    entry("Calcification", &["calcification"], "A small deposit of calcium."),
    entry("Cartilage", &["cartilage"], "The smooth tissue that covers bones in a joint."),
    entry(
        "Contrast agent",
        &["contrast agent", "contrast medium", "contrast"],
        "A substance that makes vessels or organs easier to see in the pictures.",
    ),
    entry("Cyst", &["cyst", "cystic"], "A small pouch filled with fluid."),
    entry("Dilatation", &["dilatation", "dilated"], "A widening."),
    entry("Edema", &["edema", "oedema"], "A swelling that comes from water in the tissues."),
    entry("Effusion", &["effusion"], "Fluid that has gathered in one place."),
    entry("Embolism", &["embolism", "embolus"], "A vessel that is blocked by a clot from elsewhere."),
    entry("Fibroid", &["fibroid"], "A lump of muscle and fibres that is not a cancer, often in the womb."),
    entry("Fracture", &["fracture"], "A broken or cracked bone."),
    entry("Gallbladder", &["gallbladder"], "The small pouch under the liver that keeps bile."),
    entry("Hematoma", &["hematoma", "haematoma"], "Blood that has gathered under the skin or in an organ."),
    entry(
        "Hernia",
        &["hernia", "herniation"],
        "A part of an organ or of a disc that has slipped out of its place.",
    ),
    entry(
        "Infarction",
        &["infarction", "infarct"],
        "A part of an organ that is damaged because it got no blood.",
    ),
    entry("Infection", &["infection"], "Germs that multiply in the body."),
    entry(
        "Inflammation",
        &["inflammation", "inflammatory"],
        "A reaction of the body that makes a place red, warm, swollen or painful.",
    ),
    entry("Kidney", &["kidney", "renal"], "One of the two organs that make urine."),
    entry(
        "Lesion",
        &["lesion"],
        "A place that does not look as usual; the word does not say whether it is serious.",
    ),
    entry("Ligament", &["ligament"], "A strong band that holds two bones together."),
    entry(
        "Liver",
        &["liver", "hepatic"],
        "The large organ on the right of the belly, which cleans the blood and helps to digest.",
    ),
    entry("Lumbar", &["lumbar"], "Of the lower back."),
    entry(
        "Lymph node",
        &["lymph node"],
        "A small organ that filters and defends the body; it swells for example with an infection.",
    ),
    entry("Malignant", &["malignant"], "A cancer."),
    entry("Meniscus", &["meniscus", "menisci"], "A cushion of cartilage in the knee."),
    entry(
        "Metastasis",
        &["metastasis", "metastase"],
        "A cancer that has settled in another place of the body.",
    ),
    entry("Nodule", &["nodule", "nodular"], "A small lump; the word does not say whether it is serious."),
    entry("Opacity", &["opacity", "opacitie"], "A place that looks whiter in the picture."),
    entry("Osteoarthritis", &["osteoarthritis", "arthritis"], "Wear of the cartilage that protects a joint."),
    entry(
        "Pancreas",
        &["pancreas", "pancreatic"],
        "An organ behind the stomach that helps to digest and controls sugar in the blood.",
    ),
    entry("Pelvis", &["pelvis", "pelvic"], "The lower part of the trunk, between the belly and the legs."),
    entry("Pleura", &["pleura", "pleural"], "The thin cover around the lungs."),
    entry("Pneumonia", &["pneumonia"], "An infection of the lung."),
    entry("Polyp", &["polyp"], "A small growth on the wall of a hollow organ."),
    entry("Prostate", &["prostate", "prostatic"], "A gland of men, below the bladder."),
    entry("Pulmonary", &["pulmonary"], "Of the lung."),
    entry("Scoliosis", &["scoliosis"], "A spine that is bent to the side."),
    entry("Sinus", &["sinus", "sinuse"], "Hollows filled with air in the bones of the face."),
    entry("Spleen", &["spleen", "splenic"], "An organ on the left of the belly that filters blood."),
    entry("Sprain", &["sprain"], "A ligament that is stretched or torn."),
    entry("Steatosis", &["steatosis"], "A liver that holds too much fat."),
    entry("Stenosis", &["stenosis", "stenose"], "A narrowing."),
    entry(
        "Stone",
        &["stone", "calculus", "calculi"],
        "A small pebble that forms in an organ, for example in the kidney.",
    ),
    entry("Stroke", &["stroke"], "A vessel of the brain that is blocked or bleeds."),
    entry("Tendon", &["tendon"], "What ties a muscle to a bone."),
    entry("Thorax", &["thorax", "thoracic", "chest"], "The chest, with the lungs and the heart."),
    entry("Thrombosis", &["thrombosis", "thrombus"], "A blood clot in a vessel."),
    entry("Thyroid", &["thyroid"], "A gland at the front of the neck that controls the energy of the body."),
    entry("Tumor", &["tumor", "tumour"], "A mass that has formed; it is not always a cancer."),
    entry("Vertebra", &["vertebra", "vertebrae", "vertebral"], "One of the stacked bones of the spine."),
];

const fn entry(term: &'static str, forms: &'static [&'static str], meaning: &'static str) -> Entry {
    Entry { term, forms, meaning }
}
