// Placeholder until the first file of FlumeWorker lands.
