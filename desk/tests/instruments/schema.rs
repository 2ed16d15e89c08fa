//! The published JSON Schema: equal to the types, and true of every shipped instrument.

use super::schema_check::check;
use super::*;

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let folder = Folder::new("schema");
    let printed = folder.done(&["schema"]);
    let path = repository("docs/instrument.schema.json");
    if std::env::var_os("VIGIL_BLESS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == printed,
        "docs/instrument.schema.json is not what the types say; refresh it with\n  \
         VIGIL_BLESS=1 cargo test -p vigil --test instruments published_schema"
    );
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), folder.json(&["schema"]));
}

#[test]
fn every_shipped_instrument_and_the_example_fit_the_schema() {
    let folder = Folder::new("fits");
    let schema = folder.json(&["schema"]);
    for (id, version) in vigil_screening::shipped_list() {
        let sheet = &folder.json(&["show", &format!("{id}@{version}")])["sheet"];
        assert_eq!(check(&schema, sheet), Ok(()), "{id}");
    }
    for file in std::fs::read_dir(repository("core/screening/instruments")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let sheet: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(check(&schema, &sheet), Ok(()), "{}", path.display());
        }
    }
    let ours: Value = serde_json::from_str(&example()).unwrap();
    assert_eq!(check(&schema, &ours), Ok(()));
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_by_its_shape() {
    let folder = Folder::new("misfits");
    let schema = folder.json(&["schema"]);
    let ours = example();
    for (from, to) in [
        ("\"format\": 1", "\"format\": 2"),
        ("\"version\": 1", "\"version\": 0"),
        ("\"id\": \"offer\"", "\"id\": \"The Offer\""),
        ("\"role\": \"red_flag\"", "\"role\": \"alarm\""),
        ("\"answer\": \"date\"", "\"answer\": \"geopoint\""),
        ("\"points\": 4", "\"points\": -4"),
        ("\"points\": 4", "\"colour\": 4"),
        ("{\"en\": \"The offer\"}", "{}"),
        ("{\"en\": \"The offer\"}", "\"The offer\""),
        ("\"ne\": \"unreviewed\"", "\"ne\": \"fine\""),
        ("\"willing\": \"yes\"", "\"willing\": \"maybe\""),
        ("\"weighted_sum\"", "\"sum\""),
    ] {
        let changed = ours.replacen(from, to, 1);
        assert_ne!(changed, ours, "{from}");
        folder.write("changed.json", &changed);
        assert_eq!(folder.status(&["lint", "changed.json"]), 2, "{to}");
        assert!(check(&schema, &serde_json::from_str(&changed).unwrap()).is_err(), "{to}");
    }
}
