use super::*;
use crate::api::ObjectMeta;
use crate::spec::{ProblemKind, Spec, apply_defaults};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Value, json};

fn read(spec: &Value) -> PodSpec {
    let mut spec = serde_json::from_value(spec.clone()).unwrap();
    apply_defaults(&mut spec);
    spec
}

fn lines(result: Result<(), InvalidSpec>) -> Vec<String> {
    result.err().map_or_else(Vec::new, |invalid| invalid.problems().iter().map(ToString::to_string).collect())
}

/// A spec that uses everything, and is valid.
fn full() -> Value {
    let probe = json!({"exec": {"command": ["true"]}});
    json!({
        "os": {"name": "linux"},
        "volumes": [{"name": "data"}],
        "activeDeadlineSeconds": 60,
        "nodeSelector": {"example.com/zone": "a"},
        "readinessGates": [{"conditionType": "example.com/ready"}],
        "schedulingGates": [{"name": "example.com/a"}, {"name": "example.com/b"}],
        "tolerations": [
            {"operator": "Exists"},
            {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": -1},
            {"key": "n", "operator": "Gt", "value": "5"}
        ],
        "resources": {"limits": {"cpu": "4"}},
        "initContainers": [
            {"name": "init", "image": "i:1", "restartPolicy": "OnFailure", "ports": [{"containerPort": 80, "hostPort": 80}],
                "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]},
            {"name": "sidecar", "image": "s:1", "restartPolicy": "Always", "startupProbe": probe, "livenessProbe": probe, "readinessProbe": probe,
                "restartPolicyRules": [{"action": "RestartAllContainers", "exitCodes": {"operator": "NotIn", "values": [0]}}]}
        ],
        "containers": [{
            "name": "main", "image": "m:1", "restartPolicy": "Never",
            "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}],
            "ports": [{"name": "http", "containerPort": 80, "hostPort": 80}, {"containerPort": 80, "hostPort": 80, "protocol": "UDP"}],
            "resources": {"limits": {"cpu": "2", "memory": "1Gi", "example.com/gpu": 1}, "requests": {"cpu": "1"}},
            "resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "readinessProbe": {"httpGet": {"port": "no-such-port"}, "successThreshold": 2},
            "livenessProbe": {"tcpSocket": {"port": 80}, "terminationGracePeriodSeconds": 1},
            "startupProbe": {"grpc": {"port": 80}},
            "lifecycle": {"postStart": {"sleep": {"seconds": 0}}, "preStop": {"sleep": {"seconds": 30}}}
        }]
    })
}

#[test]
fn everything_that_is_allowed() {
    assert_eq!(lines(validate_create(&read(&full()), &Gates::default())), [] as [&str; 0]);
}

/// Writes at a JSON pointer; `-` is the end of a list.
fn set(spec: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match spec.pointer_mut(parent).unwrap() {
        Value::Array(list) if field == "-" => list.push(value),
        object => object[field.replace("~1", "/")] = value,
    }
}

/// Changes one thing of [`full`] and tells what that is refused for.
fn refused(pointer: &str, value: Value) -> Vec<String> {
    refused_with(pointer, value, &Gates::default())
}

fn refused_with(pointer: &str, value: Value, gates: &Gates) -> Vec<String> {
    let mut spec = full();
    set(&mut spec, pointer, value);
    lines(validate_create(&read(&spec), gates))
}

#[test]
fn each_rule_names_its_field() {
    let exec = json!({"exec": {"command": ["x"]}});
    let rule = json!({"action": "Restart", "exitCodes": {"operator": "In"}});
    #[rustfmt::skip]
    let cases = [
        ("/containers", json!([]), "spec.containers: is required"),
        ("/activeDeadlineSeconds", json!(0), "spec.activeDeadlineSeconds: must be between 1"),
        ("/activeDeadlineSeconds", json!(2_147_483_648_i64), "spec.activeDeadlineSeconds: must be between 1"),
        ("/nodeName", json!("n1"), "spec.nodeName: may not be set while"),
        ("/dnsPolicy", json!("Mine"), "spec.dnsPolicy: `Mine` is not supported"),
        ("/hostname", json!("A"), "spec.hostname: must be a DNS label"),
        ("/os/name", json!("plan9"), "spec.os.name: `plan9` is not supported"),
        ("/volumes/-", json!({"name": "data"}), "spec.volumes[1].name: `data` is there twice"),
        ("/readinessGates/-", json!({"conditionType": "a b"}), "spec.readinessGates[1].conditionType: must be a qualified name"),
        ("/schedulingGates/-", json!({"name": "example.com/a"}), "spec.schedulingGates[2].name: `example.com/a` is there twice"),
        ("/nodeSelector/example.com~1zone", json!("a b"), "spec.nodeSelector[example.com/zone]: must be empty"),
        ("/tolerations/0/operator", json!("Equal"), "spec.tolerations[0].operator: must be Exists"),
        ("/tolerations/0/value", json!("x"), "spec.tolerations[0].value: must be empty"),
        ("/tolerations/1/effect", json!("NoSchedule"), "spec.tolerations[1].effect: must be NoExecute"),
        ("/tolerations/0/effect", json!("Never"), "spec.tolerations[0].effect: `Never` is not supported"),
        ("/tolerations/2/value", json!("05"), "spec.tolerations[2].value: must be an integer"),
        ("/resources/limits/example.com~1gpu", json!("1"), "spec.resources.limits[example.com/gpu]: must be cpu"),
        ("/resources/limits/cpu", json!("1500m"), "spec.containers[0].resources.limits[cpu]: must be less than or equal to the Pod's limit of 1500m"),
        ("/resources/requests", json!({"cpu": "500m"}), "spec.resources.requests[cpu]: must be greater than or equal to what the containers request together, 1"),
        ("/ephemeralContainers", json!([{"name": "e", "image": "e"}]), "spec.ephemeralContainers: may not be set at creation"),
        ("/initContainers/0/name", json!("main"), "spec.initContainers[0].name: `main` is there twice"),
        ("/initContainers/0/readinessProbe", exec.clone(), "spec.initContainers[0].readinessProbe: may not be set for init"),
        ("/initContainers/0/lifecycle", json!({"preStop": exec}), "spec.initContainers[0].lifecycle: may not be set for init"),
        ("/initContainers/0/resizePolicy/0/restartPolicy", json!("RestartContainer"), "spec.initContainers[0].resizePolicy[0].restartPolicy: must be NotRequired"),
        ("/initContainers/0/restartPolicyRules", json!([{"action": "Stop", "exitCodes": {"operator": "In"}}]), "spec.initContainers[0].restartPolicyRules[0].action: `Stop` is not supported"),
        ("/initContainers/1/startupProbe/successThreshold", json!(2), "spec.initContainers[1].startupProbe.successThreshold: must be 1"),
        ("/containers/0/name", json!("Main"), "spec.containers[0].name: must be a DNS label"),
        ("/containers/0/name", json!(""), "spec.containers[0].name: is required"),
        ("/containers/0/image", json!(" m"), "spec.containers[0].image: must not have blanks"),
        ("/containers/0/image", json!(""), "spec.containers[0].image: is required"),
        ("/containers/0/targetContainerName", json!("x"), "spec.containers[0].targetContainerName: may only"),
        ("/containers/0/restartPolicy", Value::Null, "spec.containers[0].restartPolicy: is required"),
        ("/containers/0/restartPolicyRules", json!(alloc::vec![rule; 21]), "spec.containers[0].restartPolicyRules: must have at most 20"),
        ("/containers/0/restartPolicyRules/0/exitCodes", Value::Null, "spec.containers[0].restartPolicyRules[0].exitCodes: is required"),
        ("/containers/0/restartPolicyRules/0/exitCodes/operator", json!("Is"), "spec.containers[0].restartPolicyRules[0].exitCodes.operator: `Is`"),
        ("/containers/0/restartPolicyRules/0/exitCodes/values", json!(alloc::vec![1; 256]), "spec.containers[0].restartPolicyRules[0].exitCodes.values: must have at most 255"),
        ("/containers/0/ports/0/name", json!("80"), "spec.containers[0].ports[0].name: must be a port name"),
        ("/containers/0/ports/0/containerPort", json!(0), "spec.containers[0].ports[0].containerPort: is required"),
        ("/containers/0/ports/1/protocol", json!("TCP"), "spec.containers[0].ports[1].hostPort: `TCP//80` is there twice"),
        ("/containers/0/resources/requests/cpu", json!("3"), "spec.containers[0].resources.requests[cpu]: must be less than or equal to the limit of 2"),
        ("/containers/0/resources/requests/ephemeral-storage", json!("-1"), "spec.containers[0].resources.requests[ephemeral-storage]: must be greater"),
        ("/containers/0/resources/requests/disk", json!("1"), "spec.containers[0].resources.requests[disk]: must be a resource"),
        ("/containers/0/resources/requests/example.com~1gpu", json!("2"), "spec.containers[0].resources.requests[example.com/gpu]: must be equal"),
        ("/containers/0/resizePolicy/-", json!({"resourceName": "memory", "restartPolicy": "NotRequired"}), "spec.containers[0].resizePolicy[1].resourceName: `memory` is there twice"),
        ("/restartPolicy", json!("Never"), "spec.containers[0].resizePolicy[0].restartPolicy: must be NotRequired when"),
        ("/containers/0/volumeMounts/0/name", json!("disk"), "spec.containers[0].volumeMounts[0].name: there is no volume `disk`"),
        ("/containers/0/readinessProbe/exec", json!({"command": ["x"]}), "spec.containers[0].readinessProbe.httpGet: may not be set beside another"),
        ("/containers/0/readinessProbe/httpGet", Value::Null, "spec.containers[0].readinessProbe: must have a handler"),
        ("/containers/0/readinessProbe/httpGet/scheme", json!("FTP"), "spec.containers[0].readinessProbe.httpGet.scheme: `FTP`"),
        ("/containers/0/readinessProbe/httpGet/port", json!(70000), "spec.containers[0].readinessProbe.httpGet.port: must be between"),
        ("/containers/0/readinessProbe/terminationGracePeriodSeconds", json!(1), "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: must not be set"),
        ("/containers/0/livenessProbe/terminationGracePeriodSeconds", json!(0), "spec.containers[0].livenessProbe.terminationGracePeriodSeconds: must be greater than 0"),
        ("/containers/0/livenessProbe/successThreshold", json!(2), "spec.containers[0].livenessProbe.successThreshold: must be 1"),
        ("/containers/0/livenessProbe/periodSeconds", json!(-1), "spec.containers[0].livenessProbe.periodSeconds: must be greater than or equal to 0"),
        ("/containers/0/lifecycle/preStop/sleep/seconds", json!(31), "spec.containers[0].lifecycle.preStop.sleep.seconds: must be between 0 and terminationGracePeriodSeconds (30)"),
        ("/containers/0/lifecycle/postStart", json!({}), "spec.containers[0].lifecycle.postStart: must have a handler"),
        ("/containers/0/lifecycle/postStart", json!({"exec": {}}), "spec.containers[0].lifecycle.postStart.exec.command: is required"),
        ("/containers/0/lifecycle/stopSignal", json!("SIGTERM"), "spec.containers[0].lifecycle.stopSignal: may not be set (feature gate"),
    ];
    for (pointer, value, expected) in cases {
        let found = refused(pointer, value);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{pointer}: {found:#?}");
    }
}

#[test]
fn extended_resources_are_whole() {
    let found = refused("/containers/0/resources/limits/example.com~1gpu", json!("1.5"));
    assert!(found.len() == 2 && found.iter().all(|line| line.ends_with("[example.com/gpu]: must be a whole number")), "{found:#?}");
}

#[test]
fn gates_decide() {
    let signals = Gates { container_stop_signals: true, ..Gates::default() };
    for good in ["SIGTERM", "SIGRTMIN+15", "SIGRTMAX-1", "SIGRTMAX"] {
        assert_eq!(refused_with("/containers/0/lifecycle/stopSignal", json!(good), &signals), [] as [&str; 0], "{good}");
    }
    for bad in ["TERM", "SIGRTMIN+16", "SIGRTMAX-0", "SIGRTMIN+01", "SIGNOPE"] {
        assert_eq!(refused_with("/containers/0/lifecycle/stopSignal", json!(bad), &signals).len(), 1, "{bad}");
    }
    let paths = |gates: &Gates| -> Vec<String> {
        validate(&read(&full()), gates).unwrap_err().problems().iter().map(|problem| problem.path.clone()).collect()
    };
    let no_rules = Gates { container_restart_rules: false, ..Gates::default() };
    assert_eq!(
        paths(&no_rules),
        [
            "spec.containers[0].restartPolicy",
            "spec.containers[0].restartPolicyRules",
            "spec.initContainers[0].restartPolicy",
            "spec.initContainers[1].restartPolicyRules"
        ]
    );
    let no_restart_all = Gates { restart_all_containers_on_container_exits: false, ..Gates::default() };
    assert_eq!(
        paths(&no_restart_all),
        ["spec.initContainers[1].restartPolicyRules", "spec.initContainers[1].restartPolicyRules[0].action"]
    );
    let no_init_resize = Gates { in_place_pod_vertical_scaling_init_containers: false, ..Gates::default() };
    assert_eq!(paths(&no_init_resize), ["spec.initContainers[0].resizePolicy"]);
    assert_eq!(paths(&Gates { pod_level_resources: false, ..Gates::default() }), ["spec.resources"]);
}

#[test]
fn all_problems_at_once_with_their_kinds() {
    let invalid =
        Spec::parse(PodSpec { node_name: "N".into(), ..read(&json!({"containers": [{}, {"name": "a", "image": "a"}, {"name": "a"}]})) });
    let invalid = invalid.unwrap_err();
    let found: Vec<_> = invalid.problems().iter().map(|problem| (problem.path.as_str(), problem.kind)).collect();
    assert_eq!(
        found,
        [
            ("spec.containers[0].name", ProblemKind::Required),
            ("spec.containers[0].image", ProblemKind::Required),
            ("spec.containers[2].name", ProblemKind::Duplicate),
            ("spec.containers[2].image", ProblemKind::Required),
            ("spec.nodeName", ProblemKind::Invalid),
        ]
    );
}

#[test]
fn ephemeral_containers_have_an_allow_list() {
    let gates = Gates::default();
    let old = read(&full());
    let with = |ephemeral: Value| {
        let mut spec = full();
        spec["ephemeralContainers"] = ephemeral;
        read(&spec)
    };
    let good = with(json!([{"name": "dbg", "image": "d", "targetContainerName": "main"}]));
    assert_eq!(validate_ephemeral_update(&old, &good, &gates), Ok(()));
    assert_eq!(validate(&good, &gates), Ok(()));
    assert!(validate_update(&old, &good, &gates).is_err());
    assert_eq!(lines(validate_ephemeral_update(&good, &old, &gates)), ["spec.ephemeralContainers: `dbg` may not be removed"]);
    let bad = with(json!([{
        "name": "dbg", "image": "d", "targetContainerName": "dbg", "ports": [{"containerPort": 1}], "restartPolicy": "Always",
        "resources": {"limits": {"cpu": "1"}}, "livenessProbe": {}, "lifecycle": {},
        "volumeMounts": [{"name": "data", "mountPath": "/d", "subPath": "x"}]
    }]));
    let found: Vec<_> =
        validate(&bad, &gates).unwrap_err().problems().iter().map(|p| p.path.replace("spec.ephemeralContainers[0].", "")).collect();
    assert_eq!(
        found,
        ["volumeMounts[0].subPath", "targetContainerName", "ports", "restartPolicy", "resources", "livenessProbe", "lifecycle"]
    );
}

#[test]
fn what_may_change_of_a_stored_pod() {
    let old = full();
    let check = |changes: &[(&str, Value)]| {
        let mut new = old.clone();
        for (pointer, value) in changes {
            set(&mut new, pointer, value.clone());
        }
        lines(validate_update(&read(&old), &read(&new), &Gates::default()))
    };
    let fine = check(&[
        ("/containers/0/image", json!("m:2")),
        ("/initContainers/0/image", json!("i:2")),
        ("/activeDeadlineSeconds", json!(59)),
        ("/tolerations/1/tolerationSeconds", json!(5)),
        ("/tolerations/-", json!({"key": "new"})),
        ("/schedulingGates", json!([{"name": "example.com/b"}])),
        ("/affinity", json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]}})),
        ("/nodeSelector/more", json!("x")),
    ]);
    assert_eq!(fine, [] as [&str; 0]);
    for (pointer, value, expected) in [
        ("/activeDeadlineSeconds", json!(61), "spec.activeDeadlineSeconds: may not be raised"),
        ("/activeDeadlineSeconds", Value::Null, "spec.activeDeadlineSeconds: may not be removed"),
        ("/activeDeadlineSeconds", json!(0), "spec.activeDeadlineSeconds: must be between 1"),
        ("/tolerations", json!([]), "spec.tolerations: the toleration of ``"),
        ("/schedulingGates/-", json!({"name": "c"}), "spec.schedulingGates[2]: gates may only be removed"),
        ("/nodeSelector", json!({}), "spec.nodeSelector: may only grow"),
        ("/terminationGracePeriodSeconds", json!(31), "spec.terminationGracePeriodSeconds: may not be changed"),
        ("/containers/-", json!({"name": "b", "image": "b"}), "spec.containers: containers may not be added"),
        ("/containers/0/image", json!(""), "spec.containers[0].image: is required"),
        ("/containers/0/readinessProbe/periodSeconds", json!(1), "spec.containers[0].readinessProbe: may not be changed"),
        ("/priority", json!(1), "spec.priority: may not be changed"),
    ] {
        let found = check(&[(pointer, value)]);
        assert!(found.iter().any(|line| line.starts_with(expected)), "{pointer}: {found:#?}");
    }
    let stored = PodSpec { termination_grace_period_seconds: Some(-5), ..read(&old) };
    let one = PodSpec { termination_grace_period_seconds: Some(1), ..stored.clone() };
    let found = lines(validate_update(&stored, &one, &Gates::default()));
    assert!(!found.iter().any(|line| line.contains("terminationGrace") && line.contains("changed")), "{found:#?}");
}

#[test]
fn metadata_of_a_manifest() {
    let check = |meta: Value| -> Vec<String> {
        validate_meta(&serde_json::from_value::<ObjectMeta>(meta).unwrap()).iter().map(|problem| problem.path.clone()).collect()
    };
    assert_eq!(
        check(json!({"generateName": "web-", "namespace": "a", "labels": {"example.com/a": ""}, "annotations": {"A/b": "any text"},
            "finalizers": ["example.com/f", "orphan"]})),
        [] as [&str; 0]
    );
    let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u", "controller": true});
    assert_eq!(
        check(json!({
            "namespace": "A", "labels": {"a b": "c d"}, "annotations": {"-": ""}, "finalizers": ["f", "orphan", "foregroundDeletion"],
            "ownerReferences": [owner, owner, {"kind": "Node", "name": "n", "uid": "u"}]
        })),
        [
            "metadata.name",
            "metadata.namespace",
            "metadata.labels[a b]",
            "metadata.labels[a b]",
            "metadata.annotations[-]",
            "metadata.finalizers[0]",
            "metadata.finalizers",
            "metadata.ownerReferences[2].apiVersion",
            "metadata.ownerReferences"
        ]
    );
}
