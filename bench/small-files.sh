# 100,000 small files as a data version: by reference, again, and as a copy, against the time of hashing them.
exec cargo run --quiet --release --package tidemill-objects --example small_files
