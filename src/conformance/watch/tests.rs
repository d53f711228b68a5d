use super::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::io::{self, BufReader, Cursor};

fn pod(name: &str) -> String {
    format!(r#"{{"kind":"Pod","metadata":{{"name":"{name}"}},"status":{{"phase":"Running"}}}}"#)
}

fn event(name: &str) -> String {
    format!(r#"{{"type":"MODIFIED","t":1.5,"object":{}}}"#, pod(name))
}

fn pretty(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

/// Each document as `line name`, with `!` behind those of events; what is bad as it is told.
fn told(input: impl Read) -> Vec<String> {
    let shown = |item: Result<Item, BadInput>| match item {
        Ok(Item { line, document: Document::Object(pod), .. }) => format!("{line} {}", pod.metadata.name),
        Ok(Item { line, document: Document::Event(event), .. }) => match event.object.pod() {
            Some(pod) => format!("{line} {}!", pod.metadata.name),
            None => format!("{line} status"),
        },
        Err(bad) => bad.to_string(),
    };
    Reader::new(input).map(shown).collect()
}

/// The same, however the input is cut in pieces.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = told(text);
    for pieces in [1, 2, 7] {
        assert_eq!(told(Pieces(text, pieces)), whole, "in pieces of {pieces}");
    }
    whole
}

/// Gives so many bytes at a time, and now and then says that it was interrupted.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.len() % 5 == 3 && !into.is_empty() && into[0] != 0xff {
            into[0] = 0xff;
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = self.1.min(self.0.len()).min(into.len());
        into[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

#[test]
fn every_form_of_stream() {
    let (a, b) = (pod("a"), event("b"));
    assert_eq!(read(format!("{a}\n{b}\n")), ["1 a", "2 b!"]);
    assert_eq!(read(format!("{a}\r\n\r\n \t\n{b}")), ["1 a", "4 b!"]);
    assert_eq!(read(format!("\u{feff}{b}\n\u{feff}{a}\n")), ["1 b!", "2 a"]);
    assert_eq!(read(format!("{b}{a} {b}\n{a}")), ["1 b!", "1 a", "1 b!", "2 a"]);
    assert_eq!(read(format!("{}\n{}\n{a}", pretty(&b), pretty(&a))), ["1 b!", "14 a", "23 a"]);
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read("\n\n \r\n"), [""; 0]);
    // Without a kind, and fields in another order.
    assert_eq!(read(r#"{"object":{"metadata":{"uid":"1"}},"type":"ADDED"}"#), ["1 !"]);
    assert_eq!(read(r#"{"status":{},"metadata":{"name":"x"}}"#), ["1 x"]);
    assert_eq!(read(r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"7"}}}"#), ["1 !"]);
    assert_eq!(read(r#"{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410}}"#), ["1 status"]);
}

#[test]
fn lists_come_item_by_item() {
    let (a, b, e) = (pod("a"), r#"{"metadata":{"name":"b"}}"#, event("e"));
    assert_eq!(
        read(format!(r#"{{"apiVersion":"v1","items":[{a},{b}],"kind":"List","metadata":{{"x":[1,{{}}]}}}} {e}"#)),
        ["1 a", "1 b", "1 e!"]
    );
    assert_eq!(read(format!(r#"{{"kind":"PodList","items":[{b}]}}"#)), ["1 b"]);
    assert_eq!(read(r#"{"kind":"PodList","items":[]}"#), [""; 0]);
    assert_eq!(read(format!("[{e},{a}]\n[]\n[\n{b}\n]\n{a}")), ["1 e!", "1 a", "4 b", "6 a"]);
    let list = pretty(&format!(r#"{{"apiVersion":"v1","items":[{a},{a},{b}],"kind":"List"}}"#));
    assert_eq!(read(&list), ["4 a", "13 a", "22 b"]);
    // One item of the list is broken.
    let broken = list.replacen("\"Running\"", "\"Running", 1);
    assert_eq!(read(broken), ["10:26: a line ends within a text", "13 a", "22 b"]);
    let wrong = list.replacen("\"Running\"", "3", 1);
    assert_eq!(read(wrong), ["10:18: status.phase: invalid type: integer `3`, expected a string", "13 a", "22 b"]);
    // It has no end.
    assert_eq!(read(format!("[{a},{a}\n")), ["1 a", "1 a", "2:1: the document that begins in line 1 does not end"]);
    let cut = ["1 a", "2:1: expected `,` or `]`, found `{`", "2 e!", "3 e!"];
    assert_eq!(read(format!("{{\"items\":[{a}\n{e}\n{e}")), cut);
    assert_eq!(
        read(format!("[{a} {b}]")),
        ["1 a".to_string(), format!("1:{}: expected `,` or `]`, found `{{`", a.len() + 3), "1 b".into()]
    );
}

#[test]
fn other_objects_are_refused() {
    let other = r#"{"kind":"Node","metadata":{"name":"n1"}}"#;
    let kind = |place: &str, kind: &str| format!("{place}: kind: {kind}, expected Pod, PodList, List or a watch event");
    assert_eq!(read(format!("{other}\n{}", pod("a"))), [kind("1:1", "Node"), "2 a".into()]);
    assert_eq!(read(format!(r#"{{"type":"ADDED","object":{other}}}"#)), [kind("1:1", "Node")]);
    assert_eq!(read(format!(r#"{{"kind":"List","items":[{other},{}]}}"#, pod("a"))), [kind("1:25", "Node"), "1 a".into()]);
    assert_eq!(read(format!(r#"{{"kind":"NodeList","items":[{{}},{{"a":[]}}]}}{}"#, pod("a"))), [kind("1:1", "NodeList"), "1 a".into()]);
    assert_eq!(
        read("{}\n{\"a\":1}"),
        ["1:1: neither a watch event nor a Pod nor a list of Pods", "2:1: neither a watch event nor a Pod nor a list of Pods"]
    );
    assert_eq!(read(r#"{"type":"ADDED","object":{}}"#), ["1:1: object.metadata.name: missing, and there is no uid"]);
}

#[test]
fn words_that_the_api_does_not_know_are_told_apart() {
    let words = |text: &str| -> Vec<String> {
        let items = Reader::new(text.as_bytes()).map(|item| item.expect("it is read"));
        items.flat_map(|item| item.words).map(|word| format!("{}: {}", word.path(), word.word())).collect()
    };
    let odd = r#"{"phase":"Runnig","qosClass":"","conditions":[{"type":"Ready","status":"yes"},{"type":"Up","status":"True"}]}"#;
    let told = ["status.phase: Runnig", "status.qosClass: ", "status.conditions[Ready].status: yes"];
    for text in [pod("a"), event("a"), format!("[{}]", pod("a"))] {
        assert_eq!(words(&text), [""; 0]);
        let status = serde_json::from_str::<serde_json::Value>(&text).unwrap();
        let foreign = status.to_string().replace(r#"{"phase":"Running"}"#, odd);
        assert_eq!(words(&foreign), told, "{foreign}");
    }
    // What is wrong besides is told as ever.
    let nameless = r#"{"type":"ADDED","object":{"status":{"phase":"Runnig"}}}"#;
    assert_eq!(
        read(nameless),
        [
            "1:53: object.status.phase: invalid value: string \"Runnig\", expected a Pod phase: Pending, Running, Succeeded, Failed or Unknown"
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    assert_eq!(
        read(format!("{}\n{}", event("a").replace("\"Running\"", "[]"), pod("b"))),
        ["1:92: object.status.phase: invalid type: sequence, expected a string", "2 b"]
    );
    assert_eq!(read(r#"{"type":"ADDED"}"#), ["1:16: .: missing field `object`"]);
    assert_eq!(
        read(r#"{"kind":"Pod","metadata":{"name":"a","creationTimestamp":"soon"}}"#),
        ["1:63: metadata.creationTimestamp: invalid value: string \"soon\", expected a time in RFC 3339, such as 2026-01-01T00:00:00Z"]
    );
    let (bad, _) = (Reader::new(&b"{\"kind\":\"Pod\",\"spec\":7}"[..]).next().unwrap().unwrap_err(), ());
    assert!(matches!(bad, BadInput { line: 1, column: 22, problem: Problem::Field { ref path, .. } } if path == "spec"), "{bad:?}");
}

#[test]
fn good_documents_around_a_bad_line_are_read() {
    let good = event("g");
    // Cut at every byte: one complaint about that line, and all others are read.
    for cut in 1..good.len() {
        let text = format!("{good}\n{}\n{good}\n{good}\n", &good[..cut]);
        let found = read(&text);
        assert_eq!(found.len(), 4, "{cut}: {found:?}");
        assert!(found[1].starts_with("2:"), "{cut}: {found:?}");
        assert_eq!([&found[0], &found[2], &found[3]], ["1 g!", "3 g!", "4 g!"], "{cut}");
        assert_eq!(read(format!("{good}\n{}", &good[..cut])).len(), 2, "{cut}");
    }
    for garbage in [
        "nothing",
        "W1124 warning: \"x\" {",
        "]",
        "}",
        ",",
        "\"text\"",
        "null",
        "3",
        "{]",
        "{\"a\" 1}",
        "{\"a\":tru}",
        "\0\0",
        "{\"a\":\"\\q\"}",
        "{\"type\":\"ADDED\u{1}\"}",
        "é",
    ] {
        let found = read(format!("{good}\n{garbage}\n{good}\n"));
        assert_eq!(found.len(), 3, "{garbage}: {found:?}");
        assert!(found[1].starts_with("2:") && found[2] == "3 g!", "{garbage}: {found:?}");
        let behind = read(format!("{good}{garbage}\n{good}\n"));
        assert_eq!((behind.len(), behind[0].as_str(), behind[2].as_str()), (3, "1 g!", "2 g!"), "{garbage}: {behind:?}");
    }
    assert_eq!(read(b"\xff\xfe\n\xef\xbb"), ["1:1: expected `{`, found the byte 0xff", "2:1: expected `{`, found the byte 0xef"]);
    assert_eq!(read("a\nb\n"), ["1:1: expected `{`, found `a`", "2:1: expected `{`, found `b`"]);
}

#[test]
fn good_documents_around_a_bad_one_of_many_lines_are_read() {
    let good = pretty(&event("g"));
    let lines = good.lines().count();
    for cut in 1..good.len() {
        let found = read(format!("{good}\n{}\n{good}\n{good}\n", &good[..cut]));
        let goods = found.iter().filter(|told| told.ends_with(" g!")).count();
        assert_eq!((goods, found.len()), (3, 4), "{cut}: {found:?}");
    }
    // The stream begins in the middle of a document.
    let tail: Vec<&str> = good.lines().skip(4).collect();
    let found = read(format!("{}\n{good}", tail.join("\n")));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], format!("{} g!", lines - 3));
    // Another program writes into it.
    let mut mixed: Vec<&str> = good.lines().collect();
    mixed.insert(5, "E1124 something failed");
    let found = read(format!("{}\n{good}", mixed.join("\n")));
    assert_eq!(found.last().unwrap(), &format!("{} g!", lines + 2));
    assert_eq!(found[0], "5:18: the document that begins in line 1 does not end", "{found:?}");
}

#[test]
fn monsters() {
    let good = event("g");
    for deep in ["[".repeat(10_000), "{\"a\":".repeat(10_000), "{\"a\":\n".repeat(10_000), "{\"a\":[{\"b\":\n".repeat(2_000)] {
        let found = told(format!("{good}\n{deep}\n{good}\n").as_bytes());
        assert_eq!(found[0], "1 g!");
        assert!(found[1].starts_with("2:"), "{:?}", &found[..4.min(found.len())]);
        assert_eq!(found.last().unwrap().rsplit_once(' ').unwrap().1, "g!");
    }
    let closed = format!("{{\"type\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(told(format!("{closed}\n{good}").as_bytes()).last().unwrap(), "2 g!");
    // Longer than the window, and longer than allowed.
    let long = good.replace("\"Running\"", &format!("\"Running\",\"message\":\"{}\"", "x".repeat(3 << 20)));
    assert_eq!(told(format!("{long}\n{good}\n{}\n{good}", pretty(&long)).as_bytes()), ["1 g!", "2 g!", "3 g!", "17 g!"]);
    let longer = good.replace("\"Running\"", &format!("\"Running\",\"message\":\"{}\"", "x".repeat(LONGEST)));
    assert_eq!(told(format!("{longer}\n{good}").as_bytes()), ["1:1: a document of more than 16 MiB", "2 g!"]);
    let blank = format!("{}{good}", "\n".repeat(1 << 20));
    assert_eq!(told(BufReader::new(Cursor::new(blank))), [format!("{} g!", (1 << 20) + 1)]);
}

#[test]
fn holds_no_more_than_a_document() {
    let list = |items: usize| {
        let item = format!("{},", pod("a"));
        let begin = Cursor::new("{\"kind\":\"List\",\"items\":[".to_string());
        begin.chain(io::repeat(b' ').take(1000)).chain(Cursor::new(item.repeat(items))).chain(Cursor::new(format!("{}]}}", pod("z"))))
    };
    let mut reader = Reader::new(list(20_000));
    let mut largest = 0;
    let mut items = 0;
    while let Some(item) = reader.next() {
        item.unwrap();
        items += 1;
        largest = largest.max(reader.input.held());
    }
    assert_eq!(items, 20_001);
    assert_eq!(reader.bytes(), 24 + 1000 + 20_000 * (pod("a").len() as u64 + 1) + pod("z").len() as u64 + 2);
    assert!(largest <= 1 << 20, "{largest}");
}

#[test]
fn an_input_that_fails_ends_the_reading() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let good = event("g");
    assert_eq!(told(format!("{good}\n{{").as_bytes().chain(Broken)), ["1 g!", "2:2: the disk is gone"]);
}
