//! Bytes: datastores, manifests, snapshots and artifacts, over object_store.
