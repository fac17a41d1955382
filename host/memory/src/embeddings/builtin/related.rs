//! Words of one meaning, as programmers use them.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::text::{Word, normalized};

/// In each line words of one meaning; the first names it.
const GROUPS: &str = "
    fix repair mend resolve solve correct patch bugfix hotfix remedy
    bug defect fault issue problem glitch
    error exception failure crash panic abort
    fail break broken failing
    flaky unstable intermittent nondeterministic sporadic unreliable
    login signin logon
    authentication auth authenticate credential
    authorization authorize permission access grant privilege
    password secret token key
    user account customer client member
    test spec check verify assert
    add create build make implement introduce new write
    remove delete drop erase eliminate
    change modify edit alter update adjust
    refactor restructure reorganize cleanup simplify rewrite
    rename renaming
    speed fast performance quick slow latency optimize optimise
    memory ram heap leak
    config configuration settings setting option preference
    database db sql postgres postgresql mysql sqlite
    query select fetch retrieve lookup find search
    file document path
    directory folder
    function method procedure routine
    class type struct
    variable field attribute property
    list array vector
    map dictionary hash hashmap table
    string text
    number integer int numeric
    api endpoint route interface
    request call invoke
    response reply answer
    server backend service
    frontend ui gui browser
    deploy release publish ship rollout
    install setup
    docs documentation readme guide manual
    explain describe document
    parse parser parsing decode deserialize
    serialize encode marshal
    log logging trace
    monitor observe metric
    network connection socket http
    timeout deadline expire hang
    retry backoff repeat
    concurrent parallel thread async
    lock mutex deadlock
    cache caching memoize
    queue job worker task
    schedule cron timer
    email mail
    payment pay billing invoice charge
    buy purchase order book booking reservation
    cancel abort revoke refund
    flight plane airline
    convert transform translate migrate migration port
    upgrade bump
    dependency package library module crate
    import include require
    validate validation sanitize
    image picture photo
    container docker kubernetes pod
    start launch boot run execute
    stop halt kill terminate shutdown
    compile build
    merge combine join
    split separate divide
    sort order rank
    download fetch pull
    upload push send
    analyze analysis analyse investigate inspect examine
    measure benchmark profile
    security vulnerability exploit
    encrypt encryption cipher
    date time timestamp
    wrong incorrect invalid bad
    missing absent lacking
    duplicate copy clone
    large big huge
    small tiny little
";

static MEANINGS: LazyLock<FxHashMap<String, &'static str>> = LazyLock::new(|| {
    let mut meanings = FxHashMap::default();
    for line in GROUPS.lines() {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else {
            continue;
        };
        for word in std::iter::once(first).chain(words) {
            // A word of two meanings keeps the one that stands first.
            meanings
                .entry(normalized(Word::Plain(word)))
                .or_insert(first);
        }
    }
    meanings
});

/// The meaning of a word in normal form, where it is known.
pub fn meaning(word: &str) -> Option<&'static str> {
    MEANINGS.get(word).copied()
}
