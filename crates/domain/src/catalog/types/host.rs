/// The name of a host in its one form: lower case, in its own script, however it is written (`XN--EXMPLE-CUA.de` is
/// `exämple.de`). `None` for what is no name in the internet.
pub(super) fn normal(host: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(host).ok()?;
    let sound = ascii.contains('.') && ascii.len() <= 253 && ascii.split('.').all(is_label);
    // What a browser would show: names that could be mistaken for others stay in ASCII there, here all are shown.
    let (name, read) = idna::domain_to_unicode(&ascii);
    (sound && read.is_ok() && idna::domain_to_ascii(&name).is_ok_and(|again| again == ascii)).then_some(name)
}

/// Letters, digits and hyphens.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
