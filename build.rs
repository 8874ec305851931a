//! Never calls npm and never touches the network: it only tells the crate whether the web client has been built.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(web_missing)");
    println!("cargo:rerun-if-changed=web/dist");
    println!("cargo:rerun-if-env-changed=REQUIRE_WEB");
    if !std::path::Path::new("web/dist/join.html").exists() {
        #[expect(clippy::disallowed_methods, reason = "a build script has no settings")]
        if std::env::var_os("REQUIRE_WEB").is_some() {
            panic!("web/dist is missing: run `make web`");
        }
        println!("cargo:rustc-cfg=web_missing");
    }
}
