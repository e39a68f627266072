//! The process as the system sees it, by the names that Prometheus' own libraries use.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

/// Looks into `/proc` when it is asked; on other systems there is nothing to tell.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    #[cfg(target_os = "linux")]
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // A system that hides `/proc` is no reason to hide everything else.
        linux::Now::look().map_or(Ok(()), |now| now.tell(encoder))
    }

    #[cfg(not(target_os = "linux"))]
    fn encode(&self, _: DescriptorEncoder<'_>) -> fmt::Result {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt;

    use procfs::process::{LimitValue, Process};
    use procfs::{CurrentSI as _, ProcResult, WithCurrentSystemInfo as _};
    use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
    use prometheus_client::metrics::MetricType;
    use prometheus_client::metrics::counter::ConstCounter;
    use prometheus_client::metrics::gauge::ConstGauge;

    pub(super) struct Now {
        cpu_seconds: f64,
        /// Not where the system hides when it was started itself.
        started: Option<f64>,
        resident: u64,
        virtual_size: u64,
        threads: i64,
        open_files: usize,
        most_files: Option<u64>,
    }

    impl Now {
        pub(super) fn look() -> ProcResult<Self> {
            let process = Process::myself()?;
            let stat = process.stat()?;
            let second = seconds(procfs::ticks_per_second());
            let boot = procfs::KernelStats::current().map(|kernel| seconds(kernel.btime)).ok();
            let files = process.limits()?.max_open_files.soft_limit;
            Ok(Self {
                cpu_seconds: seconds(stat.utime + stat.stime) / second,
                started: boot.map(|boot| boot + seconds(stat.starttime) / second),
                resident: stat.rss_bytes().get(),
                virtual_size: stat.vsize,
                threads: stat.num_threads,
                open_files: process.fd_count()?,
                most_files: match files {
                    LimitValue::Value(most) => Some(most),
                    LimitValue::Unlimited => None,
                },
            })
        }

        pub(super) fn tell(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            let e = &mut encoder;
            let cpu = e.encode_descriptor(
                "process_cpu_seconds",
                "Time on the processors",
                None,
                MetricType::Counter,
            )?;
            ConstCounter::new(self.cpu_seconds).encode(cpu)?;
            let open = u64::try_from(self.open_files).unwrap_or(u64::MAX);
            gauge(e, "process_open_fds", "Files that are open", open)?;
            if let Some(most) = self.most_files {
                gauge(e, "process_max_fds", "Files that may be open", most)?;
            }
            gauge(e, "process_resident_memory_bytes", "Memory in use", self.resident)?;
            gauge(e, "process_virtual_memory_bytes", "Memory that has an address", self.virtual_size)?;
            gauge(e, "process_threads", "Threads", self.threads.unsigned_abs())?;
            let Some(started) = self.started else { return Ok(()) };
            let help = "When the process began, in seconds since 1970";
            let encoder = e.encode_descriptor("process_start_time_seconds", help, None, MetricType::Gauge)?;
            ConstGauge::new(started).encode(encoder)
        }
    }

    fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
        let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
        value.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    /// As a number with a fraction; ticks and times are far below what it holds exactly.
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "far below 2^53")]
    fn seconds(whole: u64) -> f64 {
        whole as f64
    }
}
