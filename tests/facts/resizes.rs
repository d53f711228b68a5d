//! In-place resize: fact 35.

use super::case::{Case, serves};
use super::life::Life;
use serde_json::{Value, json};

fn amounts(cpu: &str, memory: &str) -> Value {
    json!({"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}})
}

/// A Pod with 100m and 64Mi.
fn pod() -> Case {
    Case::new("Always").main("a", serves()).has("a", json!({"resources": amounts("100m", "64Mi")}))
}

fn resize(cpu: &str, memory: &str, outcome: &str) -> Value {
    json!({"patch": {"containers": [{"name": "a", "resources": amounts(cpu, memory)}]}, "outcome": outcome})
}

/// What the status says of one resource: allocated, and the limit in force; one entry for each change.
fn given(life: &Life, resource: &str) -> Vec<[String; 2]> {
    let statuses = life.objects.iter().filter_map(|(_, object)| object.status.container_statuses.first());
    let mut all: Vec<_> = statuses
        .filter_map(|status| {
            let limit = status.resources.as_ref()?.limits.get(resource)?;
            Some([status.allocated_resources.get(resource)?.to_string(), limit.to_string()])
        })
        .collect();
    all.dedup();
    all
}

/// **Fact 35.** PodResizeInProgress shows for a moment and is then taken away; what is allocated changes first, what is in force when it is done. A resize that does not fit is
/// Deferred until it does. Less memory than is used stays in progress, with reason Error. A restart that the policy asks for is one update.
#[test]
fn fact_35_resizes() {
    let done = pod().at(2.6, "resize", resize("200m", "64Mi", "done")).play();
    done.shows(1.0, &["2.6 >>resize", "2.6 gen 2/1", "2.6 gen 2/2 PodResizeInProgress+", "2.6 PodResizeInProgress-gone"]);
    let deferred = pod().at(2.4, "resize", resize("1500m", "64Mi", "deferred")).at(17.6, "resizeFits", json!({})).play();
    deferred.shows(
        1.0,
        &[
            "2.4 >>resize",
            "2.4 gen 2/1",
            "2.4 gen 2/2 PodResizePending+(Deferred)",
            "17.6 >>resizeFits",
            "17.6 PodResizeInProgress+ PodResizePending-gone",
            "17.6 PodResizeInProgress-gone",
        ],
    );
    let error = pod().at(6.3, "resize", resize("100m", "16Mi", "error")).at(19.0, "resizeError", json!({})).play();
    error.shows(
        1.0,
        &["6.3 >>resize", "6.3 gen 2/1", "6.3 gen 2/2 PodResizeInProgress+", "19.0 >>resizeError", "19.0 PodResizeInProgress+(Error)"],
    );
    let policy = json!({"resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]});
    let restart = pod().has("a", policy).at(2.7, "resize", resize("100m", "96Mi", "done")).play();
    restart.shows(
        1.0,
        &["2.7 >>resize", "2.7 gen 2/1", "2.7 gen 2/2 PodResizeInProgress+", "2.9 a=run<Completed(0)> rc=1 PodResizeInProgress-gone"],
    );
    assert_eq!(given(&done, "cpu"), [["100m", "100m"], ["200m", "100m"], ["200m", "200m"]]);
    assert_eq!(given(&error, "memory"), [["64Mi", "64Mi"], ["16Mi", "64Mi"]]);
}
