use super::*;
use crate::api::PodPhase;
use crate::backend::{Driver, Told};
use crate::observation::Observation;
use crate::pod::Pod;

#[test]
fn a_pod_is_small() {
    assert_eq!((size_of::<SimPod<Seeded>>(), size_of::<Option<SimPod<Seeded>>>()), (184, 184));
}

#[test]
fn what_has_ended_is_not_waited_for() {
    let spec = r#"{"nodeName": "n", "restartPolicy": "Never", "containers": [{"name": "job", "image": "i"}]}"#;
    let spec = Arc::new(Spec::parse(serde_json::from_str(spec).unwrap()).unwrap());
    let mut driver = Driver::new(Sim::new(Time::EPOCH), Arc::default());
    let tell = &mut |_: usize, _: Told, _: &Pod| {};
    let key = driver.add_shared(&Arc::default(), &spec, None, tell);
    driver.backend_mut().add(key, &spec, Steady::default());
    driver.advance(Time::EPOCH, tell);
    assert_eq!(driver.pod(key).map(Pod::phase), Some(PodPhase::Running));
    assert!(driver.backend().next_time() > Some(Time::EPOCH), "the end of the job");
    driver.backend_mut().kill_process(key, ContainerIndex::new(0));
    driver.advance(Time::EPOCH, tell);
    assert_eq!((driver.pod(key).map(Pod::phase), driver.backend().next_time()), (Some(PodPhase::Failed), None));
    driver.backend_mut().remove(key);
    assert_eq!(driver.backend().observation(key), Observation::default());
}
