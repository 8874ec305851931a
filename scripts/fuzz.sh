#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS (60), one after the other, and fails on a finding: its input is then in fuzz/artifacts.
# The stable compiler does it: RUSTC_BOOTSTRAP opens the -Z flags that cargo-fuzz asks for. FUZZ_SANITIZER is none by default:
# the codecs in C and C++ are built without one here, and a child that one of them kills is what the product is made for.
set -eu
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
sanitizer=${FUZZ_SANITIZER:-none}
targets=${*:-header frames codecs display media directory content state plain charset dicomweb}

command -v cargo-fuzz >/dev/null 2>&1 || {
    printf 'parvis: cargo-fuzz is missing: run `cargo install cargo-fuzz`, then try again.\n' >&2
    exit 1
}
export RUSTC_BOOTSTRAP=1

seed() { # target files: what a run begins with
    mkdir -p "fuzz/corpus/$1"
    target=$1
    shift
    cp "$@" "fuzz/corpus/$target/"
}
seed header fixtures/dicom/*.dcm
seed frames fixtures/dicom/*.dcm

mkdir -p fuzz/corpus/codecs
code() { # file, place of its syntax in the target, shape: what the target takes from the first two bytes
    { printf "\\$(printf %03o "$2")\\$(printf %03o "$3")"; cat "fixtures/codestreams/$1"; } >"fuzz/corpus/codecs/$1"
}
code grey.jpg 1 0
code color.jpg 1 1
code deep.jpg 2 2
code lossless.jpg 4 2
code deep.jls 5 4
code color.jls 5 1
code deep.j2k 7 2
code color.j2k 8 1
code deep.jxl 9 4
code color.jxl 10 1
code deep.jph 11 4

code progressive.jpg 1 1
code predictor.jpg 3 2
code near.jls 6 0
code color.jph 11 1
code grey.jxl 10 0
code jpeg.jxl 10 1
seed plain fixtures/codestreams/grey.jpg fixtures/codestreams/color.jpg fixtures/codestreams/progressive.jpg

failed=""
for target in $targets; do
    printf '== %s, %s s\n' "$target" "$seconds"
    cargo fuzz build --sanitizer "$sanitizer" "$target"
    cargo fuzz run --sanitizer "$sanitizer" "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=1024 -max_len=65536 -print_final_stats=1 || failed="$failed $target"
done
if [ -n "$failed" ]; then
    printf 'parvis: fuzzing found something in:%s\n' "$failed" >&2
    exit 1
fi
