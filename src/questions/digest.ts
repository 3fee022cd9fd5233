/**
 * sh: sets `digest` to the command that digests its input by SHA-256 the fastest, and prints the digest first. openssl(1) is three times as fast as
 * sha256sum(1) of coreutils before 9.4, but starts ten times as slowly: for long files only.
 */
export const bestDigest = `digest=sha256sum
case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in e3b0c44298fc1c14*) digest='openssl dgst -sha256 -r' ;; esac`;
