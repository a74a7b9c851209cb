# The fault lab's ledger from Ruby: the form is described in Tests/FaultLab/Ledger/LedgerEntry.swift.

# Appends lines; one write(2) each, so that lines of several processes stay apart and survive a kill.
class LabLedger
  def initialize(path)
    @file = File.open(path, File::WRONLY | File::CREAT | File::APPEND, 0o644)
    @file.sync = true
  end

  def line(verb, jid, *more)
    now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    @file.syswrite([verb, jid, now, *more].join("\t") << "\n")
  end
end
