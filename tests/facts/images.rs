//! Images: facts 19 to 21.

use super::case::{Case, serves};
use serde_json::json;

/// **Fact 19.** ErrImagePull and ImagePullBackOff take turns: an attempt that fails is shown until the next sync, the back-off from then to the next attempt,
/// after 10, 20, 40 s and so on to 300. An image that turns up late is preceded by one more ErrImagePull. The other reasons stay as they are.
#[test]
fn fact_19_pulls_take_turns_with_their_back_off() {
    let missing = || Case::new("Always").main("a", serves()).world(json!({"images": {"app:1": "notFound"}}));
    missing().until(100.0).play().shows(
        0.5,
        &[
            "1.0 a=ErrImagePull ip",
            "11.0 a=ImagePullBackOff",
            "21.0 a=ErrImagePull",
            "31.0 a=ImagePullBackOff",
            "41.0 a=ErrImagePull",
            "51.0 a=ImagePullBackOff",
            "81.0 a=ErrImagePull",
            "91.0 a=ImagePullBackOff",
        ],
    );
    let late = missing().at(15.0, "provideImage", json!({"image": "app:1", "seenAt": 32.0}));
    late.play().shows(
        12.0,
        &["15.0 >>provideImage", "21.0 a=ErrImagePull", "31.0 a=ImagePullBackOff", "32.0 a=ErrImagePull", "32.0 Running a=run READY"],
    );
    let never = Case::new("Always").main("a", serves()).has("a", json!({"imagePullPolicy": "Never"}));
    never.world(json!({"images": {"app:1": "neverPresent"}})).play().shows(0.5, &["1.0 a=ErrImageNeverPull ip"]);
    Case::new("Always")
        .main("a", serves())
        .world(json!({"images": {"app:1": "invalidName"}}))
        .play()
        .shows(0.5, &["1.0 a=InvalidImageName ip"]);
    let config = Case::new("Always").main("a", serves()).world(json!({"configErrors": ["a"]}));
    config
        .at(9.0, "provideConfig", json!({"container": "a", "seenAt": 13.3}))
        .play()
        .shows(0.5, &["1.0 a=CreateContainerConfigError ip", "9.0 >>provideConfig", "13.3 Running a=run READY"]);
}

/// **Fact 20.** While one container has never run, for its image is missing, the Pod is Pending, though another one runs.
#[test]
fn fact_20_one_missing_image_keeps_the_pod_pending() {
    let case = Case::new("Always").main("a", serves()).main("b", serves()).has("b", json!({"image": "no:1"}));
    let life = case.world(json!({"images": {"no:1": "notFound"}})).play();
    assert_eq!(life.last().status.phase.map(|phase| phase.as_str()), Some("Pending"));
    assert!(life.last().status.container_statuses[0].state.running.is_some());
}

/// **Fact 21.** A new image that is missing has the container killed before anybody notices, and the phase stays Running; the good image back is the
/// first restart. A new image of an init container that is done changes nothing but observedGeneration.
#[test]
fn fact_21_a_new_image_that_is_missing() {
    let case = Case::new("Always").main("a", serves()).world(json!({"images": {"no:1": "notFound"}}));
    let case = case.at(2.7, "updateImage", json!({"container": "a", "image": "no:1"}));
    case.at(22.7, "updateImage", json!({"container": "a", "image": "app:1"})).play().shows(
        1.0,
        &[
            "2.7 >>updateImage",
            "2.7 gen 2/1",
            "2.7 gen 2/2",
            "3.0 a=ErrImagePull<Completed(0)> notReady",
            "13.0 a=ImagePullBackOff<Completed(0)>",
            "22.7 >>updateImage",
            "22.7 gen 3/2",
            "22.7 gen 3/3 a=ErrImagePull<Completed(0)>",
            "22.7 a=run<Completed(0)> rc=1 READY",
        ],
    );
    let init = Case::new("Always").init("i1", super::case::exits(1.4, 0)).main("a", serves());
    init.at(4.1, "updateImage", json!({"container": "i1", "image": "app:2"}))
        .play()
        .shows(3.0, &["4.1 >>updateImage", "4.1 gen 2/1", "4.1 gen 2/2"]);
}
