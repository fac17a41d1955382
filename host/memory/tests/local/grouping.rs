//! Which texts are computed together. The file is taken in here, as CI runs no tests of the library with this feature: that would
//! build all others again.

#[path = "../../src/embeddings/local/groups.rs"]
mod groups;

use groups::{GROUP_TOKENS_MAX, groups};

#[test]
fn groups_hold_so_many_tokens_and_every_text_once() {
    let half = GROUP_TOKENS_MAX / 2;
    let lengths = [GROUP_TOKENS_MAX + 1, half, 0, half, half, 2, 1];
    let groups = groups(lengths.map(|length| vec![7; length]).to_vec());
    let places = groups
        .iter()
        .map(|group| group.iter().map(|(place, _)| *place).collect());
    // Two halves are a group, and a third one is not. What is longer than a group is one of its own.
    assert_eq!(
        places.collect::<Vec<Vec<usize>>>(),
        [vec![2, 6, 5], vec![1, 3], vec![4], vec![0]]
    );
}
