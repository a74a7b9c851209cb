// Placeholder until the first file of FlumeWorkerTests lands.
