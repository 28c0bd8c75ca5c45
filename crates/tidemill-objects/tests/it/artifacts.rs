//! Artifacts are kept whole, listed folder by folder, and put together from parts.

use tidemill_objects::*;

use crate::support::{noise, path, pieces};

pub async fn run(artifacts: &Artifacts) {
    artifacts
        .put_bytes(&path("model/MLmodel"), "x: 1".into())
        .await
        .unwrap();
    artifacts
        .put_bytes(&path("model/data/w.bin"), "ww".into())
        .await
        .unwrap();
    artifacts
        .put_bytes(&path("plot.png"), "png".into())
        .await
        .unwrap();
    let top = artifacts.list(&SafePath::root()).await.unwrap();
    assert_eq!((top.folders, top.files.len()), (vec![path("model")], 1));
    let model = artifacts.list(&path("model")).await.unwrap();
    assert_eq!(model.folders, [path("model/data")]);
    assert_eq!(
        (model.files[0].path.as_str(), model.files[0].size_bytes),
        ("model/MLmodel", 4)
    );
    assert_eq!(
        artifacts.list(&path("nothing")).await.unwrap(),
        DirListing::default()
    );
    let (meta, bytes) = artifacts.get(&path("model/MLmodel"), Some(3..4)).await.unwrap();
    assert_eq!(
        (meta.path.as_str(), collect("x", bytes, 1, 1).await.unwrap()),
        ("model/MLmodel", "1".into())
    );

    let bytes = noise(3, 7_000_000);
    let parts: Vec<&[u8]> = bytes.chunks(3_000_000).collect();
    for at in [2, 0, 1, 1] {
        artifacts
            .put_part("up-1", at as u32 + 1, pieces(parts[at], 100_000))
            .await
            .unwrap();
    }
    assert_eq!(
        artifacts.list_all(&SafePath::root()).await.unwrap().len(),
        3,
        "parts are not listed"
    );
    assert!(artifacts.list(&SafePath::root()).await.unwrap().folders == [path("model")]);
    let error = artifacts.complete("up-1", &path("big"), 4).await.unwrap_err();
    assert!(error.to_string().contains("part 4"), "{error}");
    let meta = artifacts.complete("up-1", &path("big"), 3).await.unwrap();
    assert_eq!(meta.size_bytes, 7_000_000);
    let (_, stream) = artifacts.get(&path("big"), None).await.unwrap();
    assert_eq!(collect("big", stream, 7_000_000, 1 << 30).await.unwrap(), bytes);
    for bad in ["", "../x", "a/b"] {
        assert!(artifacts.put_part(bad, 1, pieces(b"x", 1)).await.is_err());
    }
    assert!(artifacts.put_part("up", 0, pieces(b"x", 1)).await.is_err());
    artifacts.put_part("up-2", 1, pieces(b"x", 1)).await.unwrap();
    artifacts.abort("up-2").await.unwrap();

    assert_eq!(artifacts.delete(&path("model")).await.unwrap(), 2);
    assert_eq!(artifacts.delete(&SafePath::root()).await.unwrap(), 2);
}
