/// The sources of volumes that Kubernetes 1.36 has and this version does not.
enum UnsupportedVolumes {
  static let fields: [Field<VolumeFields>] =
    [
      source(
        "persistentVolumeClaim",
        "use a hostPath of type DirectoryOrCreate",
        "PersistentVolumeClaimVolumeSource",
        "Storage that a claim of the same namespace is bound to."
      ),
      source(
        "image",
        "copy its files into an emptyDir by an init container",
        "ImageVolumeSource",
        "The files of an image."
      ),
      source("nfs", "mount it on the host and use a hostPath", "NFSVolumeSource", "A directory of an NFS server."),
      source("iscsi", "mount it on the host and use a hostPath", "ISCSIVolumeSource", "A disk reached by iSCSI."),
      source("fc", "mount it on the host and use a hostPath", "FCVolumeSource", "A disk reached by Fibre Channel."),
      source("csi", csi, "CSIVolumeSource", "Storage of a CSI driver that lives as long as the pod."),
      source("ephemeral", csi, "EphemeralVolumeSource", "A claim that is made for the pod and removed with it."),
      source(
        "gitRepo",
        "clone it into an emptyDir by an init container",
        "GitRepoVolumeSource",
        "A clone of a repository."
      ),
      source(
        "flexVolume",
        "mount it on the host and use a hostPath",
        "FlexVolumeSource",
        "Storage of an external program."
      ),
    ]
    + removed.map { name, type, product in
      source(name, "Kubernetes has removed it; use its CSI driver's volume on the host as a hostPath", type, product)
    }

  private static let csi = "CSI drivers are not there yet; use an emptyDir or a hostPath"

  private static let removed: [(String, String, String)] = [
    ("gcePersistentDisk", "GCEPersistentDiskVolumeSource", "A disk of Google Compute Engine."),
    ("awsElasticBlockStore", "AWSElasticBlockStoreVolumeSource", "A disk of AWS."),
    ("azureDisk", "AzureDiskVolumeSource", "A disk of Azure."),
    ("azureFile", "AzureFileVolumeSource", "A file share of Azure."),
    ("cinder", "CinderVolumeSource", "A disk of OpenStack."),
    ("vsphereVolume", "VsphereVirtualDiskVolumeSource", "A disk of vSphere."),
    ("portworxVolume", "PortworxVolumeSource", "A Portworx volume."),
    ("cephfs", "CephFSVolumeSource", "A CephFS directory."),
    ("rbd", "RBDVolumeSource", "A Ceph block device."),
    ("glusterfs", "GlusterfsVolumeSource", "A GlusterFS volume."),
    ("flocker", "FlockerVolumeSource", "A Flocker volume."),
    ("quobyte", "QuobyteVolumeSource", "A Quobyte volume."),
    ("scaleIO", "ScaleIOVolumeSource", "A ScaleIO volume."),
    ("storageos", "StorageOSVolumeSource", "A StorageOS volume."),
    ("photonPersistentDisk", "PhotonPersistentDiskVolumeSource", "A disk of a Photon controller."),
  ]

  private static func source(_ name: String, _ advice: String, _ type: String, _ text: String) -> Field<VolumeFields> {
    .notYet(name, advice, .opaque(type), text)
  }
}
