/// Programs and libraries.
func programItems(_ findings: HostFindings) -> [CheckItem] {
  let programs = findings.programs
  return [
    CheckItem(
      "swiftlet-shim",
      .programs,
      .required,
      programs.shim,
      cost: "no pod can start: it is the supervisor of every pod",
      remedy: "install it beside swiftlet (hack/build makes both), or name it with --shim"
    ),
    CheckItem(
      "static supervisor",
      .programs,
      .feature,
      programs.shimIsStatic,
      cost: "the supervisor has a loader, which an image could poison (variants of CVE-2019-5736)",
      remedy: "build it with -static-executable, as hack/build does"
    ),
    CheckItem(
      "swiftlet-unpack",
      .programs,
      .feature,
      programs.unpacker,
      cost: "no image can be imported: archives are only parsed by this confined program",
      remedy: "install it beside swiftlet, with libarchive13 and libseccomp2"
    ),
    CheckItem(
      "locale C.UTF-8",
      .programs,
      .feature,
      programs.locale,
      cost: "no image can be imported: names in archives are read in this locale",
      remedy: "apt-get install libc-bin"
    ),
    seccompItem(programs.seccompLibrary),
    CheckItem(
      "nft",
      .programs,
      .feature,
      programs.nft,
      cost: "only pods with hostNetwork: true can start: it writes the rules of the pods' network",
      remedy: "apt-get install nftables"
    ),
    CheckItem(
      "forwarded packets",
      .programs,
      .feature,
      programs.forwarding,
      cost: "pods reach neither each other nor the outside: what one table accepts another one still drops",
      remedy: "let that table accept what comes from and goes to the bridge, swl0 for the default state directory"
    ),
    CheckItem(
      "OCI runtimes",
      .programs,
      .feature,
      programs.ociRuntimes,
      cost: "only the native runtime: oci:crun and oci:runc are refused",
      remedy: "apt-get install crun (or runc)"
    ),
  ]
}

/// 2.5.0 brought the binary tree form of filters (SCMP_FLTATR_CTL_OPTIMIZE).
private func seccompItem(_ version: SeccompLibraryVersion) -> CheckItem {
  let enough = version >= SeccompLibraryVersion(2, 5, 0)
  return CheckItem(
    "libseccomp",
    group: .programs,
    state: enough ? .ok : .missing,
    severity: .required,
    found: version.description,
    cost: "no pod can start: filters are compiled in the tree form, which older versions lack",
    remedy: "apt-get install libseccomp2 (2.5 or later)"
  )
}
