"""The simulated cluster: a real Kubernetes with Kueue and KServe on one machine, on simulated nodes."""
