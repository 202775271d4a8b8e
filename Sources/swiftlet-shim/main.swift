import Shim

runShim()
