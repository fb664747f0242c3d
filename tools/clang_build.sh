#!/bin/sh
# clang_build.sh WORK: compiles the tree with clang, warnings are errors; objects are thrown away.
set -eu
work=$1
copy=$work/clang
mkdir "$copy"
tar -C "$work/tree" -cf - --exclude='*.o' --exclude='*.so' . | tar -C "$copy" -xf -
make -s -C "$copy" -j"$(nproc)" with_llvm=no CC=clang-14 WERROR="-Werror -Wno-ignored-attributes -Wno-unused-command-line-argument -Wno-unknown-warning-option -Wno-ignored-optimization-argument" mailroom.so
rm -rf "$copy"
