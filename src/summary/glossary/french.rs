//! The words in French.

use super::Entry;

/// Codes, the word for them, and how such images come about.
pub(super) const MODALITIES: &[(&[&str], &str, &str)] = &[
    (&["CT"], "Scanner", "Des images en coupe du corps, faites avec des rayons X."),
    (
        &["MR"],
        "IRM",
        "Des images en coupe du corps, faites avec un aimant et des ondes radio, sans rayons X.",
    ),
    (&["US", "IVUS"], "Échographie", "Des images faites avec des ultrasons, des sons que l'on n'entend pas."),
    (&["CR", "DX", "RG"], "Radiographie", "Une image à plat du corps, faite avec des rayons X."),
    (&["MG"], "Mammographie", "Une radiographie du sein."),
    (
        &["XA", "RF"],
        "Radioscopie",
        "Des images de rayons X en mouvement, souvent avec un produit de contraste.",
    ),
    (
        &["NM"],
        "Scintigraphie",
        "Une image de l'activité d'un organe, faite avec une petite dose d'un produit radioactif.",
    ),
    (
        &["PT"],
        "TEP",
        "Une image de l'activité des cellules, faite avec une petite dose d'un produit radioactif.",
    ),
    (&["ES"], "Endoscopie", "Des images de l'intérieur du corps, faites par une petite caméra."),
    (&["XC", "GM", "SM"], "Photographie", "Une photographie, ou une image vue au microscope."),
    (&["OP", "OPT", "OPM"], "Images de l'œil", "Des images du fond de l'œil, faites avec de la lumière."),
    (&["ECG"], "Électrocardiogramme", "Le tracé de l'activité électrique du cœur."),
    (
        &["PX", "IO"],
        "Radiographie dentaire",
        "Une image des dents et des mâchoires, faite avec des rayons X.",
    ),
    (&["BMD"], "Densitométrie", "Une mesure de la solidité des os, faite avec des rayons X."),
];

/// In the order of the alphabet.
pub(super) const ENTRIES: &[Entry] = &[
    entry("Abdomen", &["abdomen", "abdominal"], "Le ventre, entre la poitrine et le bassin."),
    entry("Adénopathie", &["adenopathie"], "Un ganglion plus gros que d'habitude."),
    entry(
        "Anévrisme",
        &["anevrisme", "anevrysme"],
        "Une artère élargie à un endroit, comme un petit ballon.",
    ),
    entry("Artère", &["artere"], "Un vaisseau qui conduit le sang du cœur vers le corps."),
    entry("Arthrose", &["arthrose"], "L'usure du cartilage qui protège une articulation."),
    entry("Atélectasie", &["atelectasie"], "Une partie du poumon qui s'est repliée et contient moins d'air."),
    entry(
        "AVC",
        &["avc", "accident vasculaire cerebral"],
        "Un vaisseau du cerveau qui se bouche ou qui saigne.",
    ),
    entry(
        "Bassin",
        &["bassin", "pelvis", "pelvien", "pelvienne"],
        "La partie basse du tronc, entre le ventre et les jambes.",
    ),
    entry("Bénin", &["benin", "benigne"], "Qui n'est pas un cancer."),
    entry("Biopsie", &["biopsie"], "Un petit morceau prélevé pour être regardé au microscope."),
    entry("Calcification", &["calcification"], "Un petit dépôt de calcium."),
    entry(
        "Calcul",
        &["calcul", "lithiase"],
        "Un petit caillou qui se forme dans un organe, par exemple le rein.",
    ),
    entry("Cartilage", &["cartilage"], "Le tissu lisse qui recouvre les os dans une articulation."),
    entry("Dilatation", &["dilatation", "dilate"], "Un élargissement."),
    entry("Embolie", &["embolie"], "Un vaisseau bouché par un caillot venu d'ailleurs."),
    entry("Entorse", &["entorse"], "Un ligament étiré ou déchiré."),
    entry("Épanchement", &["epanchement"], "Du liquide qui s'est amassé à un endroit."),
    entry(
        "Fibrome",
        &["fibrome"],
        "Une boule faite de muscle et de fibres, qui n'est pas un cancer, souvent dans l'utérus.",
    ),
    entry(
        "Foie",
        &["foie", "hepatique"],
        "Le grand organe à droite du ventre, qui nettoie le sang et aide à digérer.",
    ),
    entry("Fracture", &["fracture", "fissure"], "Un os cassé ou fendu."),
    entry(
        "Ganglion",
        &["ganglion"],
        "Un petit organe qui filtre et défend le corps\u{A0}; il grossit par exemple lors d'une infection.",
    ),
    entry("Hématome", &["hematome"], "Du sang amassé sous la peau ou dans un organe."),
    entry("Hernie", &["hernie"], "Une partie d'un organe ou d'un disque qui sort de sa place."),
    entry("Infarctus", &["infarctus"], "Une partie d'un organe abîmée parce qu'elle n'a plus reçu de sang."),
    entry("Infection", &["infection"], "Des microbes qui se multiplient dans le corps."),
    entry(
        "Inflammation",
        &["inflammation", "inflammatoire"],
        "Une réaction du corps qui rend un endroit rouge, chaud, gonflé ou douloureux.",
    ),
    entry("Kyste", &["kyste", "kystique"], "Une petite poche remplie de liquide."),
    entry(
        "Lésion",
        &["lesion"],
        "Un endroit qui n'a pas l'aspect habituel\u{A0}; le mot ne dit pas si c'est grave.",
    ),
    entry("Ligament", &["ligament"], "Une bande solide qui tient deux os ensemble."),
    entry("Lombaire", &["lombaire"], "Du bas du dos."),
    entry("Malin", &["malin", "maligne"], "Qui est un cancer."),
    entry("Ménisque", &["menisque"], "Un coussin de cartilage dans le genou."),
    entry("Métastase", &["metastase"], "Un cancer qui s'est installé dans un autre endroit du corps."),
    entry("Nodule", &["nodule", "nodulaire"], "Une petite boule\u{A0}; le mot ne dit pas si c'est grave."),
    entry("Œdème", &["oedeme"], "Un gonflement dû à de l'eau dans les tissus."),
    entry("Opacité", &["opacite"], "Un endroit qui paraît plus blanc sur l'image."),
    entry(
        "Pancréas",
        &["pancreas", "pancreatique"],
        "Un organe derrière l'estomac, qui aide à digérer et règle le sucre du sang.",
    ),
    entry("Plèvre", &["plevre", "pleural"], "La fine enveloppe qui entoure les poumons."),
    entry("Pneumonie", &["pneumonie", "pneumopathie"], "Une infection du poumon."),
    entry("Polype", &["polype"], "Une petite excroissance sur la paroi d'un organe creux."),
    entry(
        "Produit de contraste",
        &["produit de contraste"],
        "Un produit qui rend les vaisseaux ou les organes plus visibles sur l'image.",
    ),
    entry("Prostate", &["prostate", "prostatique"], "Une glande de l'homme, sous la vessie."),
    entry("Pulmonaire", &["pulmonaire"], "Du poumon."),
    entry("Rate", &["rate", "splenique"], "Un organe à gauche du ventre, qui filtre le sang."),
    entry("Rein", &["rein", "renal"], "L'un des deux organes qui fabriquent l'urine."),
    entry("Sacrum", &["sacrum", "sacre"], "L'os au bas du dos, entre les deux côtés du bassin."),
    entry("Scoliose", &["scoliose"], "Une colonne vertébrale courbée sur le côté."),
    entry("Sinus", &["sinus"], "Des creux remplis d'air dans les os du visage."),
    entry("Stéatose", &["steatose"], "Un foie qui contient trop de graisse."),
    entry("Sténose", &["stenose"], "Un rétrécissement."),
    entry("Tendon", &["tendon"], "Ce qui attache un muscle à un os."),
    entry("Thorax", &["thorax", "thoracique"], "La poitrine, avec les poumons et le cœur."),
    entry("Thrombose", &["thrombose", "thrombus"], "Un caillot de sang dans un vaisseau."),
    entry(
        "Thyroïde",
        &["thyroide", "thyroidien", "thyroidienne"],
        "Une glande à l'avant du cou, qui règle l'énergie du corps.",
    ),
    entry(
        "Tumeur",
        &["tumeur", "tumoral"],
        "Une masse qui s'est formée\u{A0}; elle n'est pas toujours un cancer.",
    ),
    entry("Vertèbre", &["vertebre", "vertebral"], "L'un des os empilés de la colonne vertébrale."),
    entry(
        "Vésicule biliaire",
        &["vesicule biliaire", "vesicule"],
        "La petite poche sous le foie, qui garde la bile.",
    ),
];

const fn entry(term: &'static str, forms: &'static [&'static str], meaning: &'static str) -> Entry {
    Entry { term, forms, meaning }
}
