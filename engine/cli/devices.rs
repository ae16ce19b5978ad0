//! `neuropil devices`.

use clap::Args;
use neuropil::Result;
use serde::Serialize;

#[cfg(feature = "gpu")]
use neuropil::device::gpu::AdapterFacts;

use super::{style, tables};

/// Options of `neuropil devices`.
#[derive(Debug, Args)]
#[command(
    after_help = "`--device gpu` takes the first adapter, or with `--adapter NAME` the first whose name holds NAME.\n`--device auto` takes a hardware GPU where it is expected to be faster, never a software one."
)]
pub struct DevicesOptions {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Devices {
    cpu_threads: u32,
    memory_available_bytes: Option<u64>,
    #[cfg(feature = "gpu")]
    adapters: Vec<AdapterFacts>,
}

/// Lists the CPU and the GPUs that can simulate.
///
/// # Errors
/// Standard output that cannot be written.
pub fn devices(options: &DevicesOptions) -> Result<()> {
    let devices = Devices {
        cpu_threads: neuropil::device::cores(),
        memory_available_bytes: neuropil::host::available(),
        #[cfg(feature = "gpu")]
        adapters: neuropil::device::gpu::adapters(),
    };
    if options.json {
        return super::print_json(&devices);
    }
    let style = style::output();
    let memory = devices.memory_available_bytes.map_or("unknown".into(), neuropil::text::bytes);
    let cpu = [("threads", devices.cpu_threads.to_string()), ("memory", format!("{memory} available"))];
    let text = format!("{}CPU{}\n{}", style.bold, style.plain, tables::pairs(&cpu, style));
    super::print(&(text + &gpu_text(&devices, style)))
}

/// The GPUs with the limits that matter for a network's size.
#[cfg(feature = "gpu")]
fn gpu_text(devices: &Devices, style: style::Style) -> String {
    let mut text = String::new();
    for adapter in &devices.adapters {
        let rows = [
            ("kind", format!("{}, {}", adapter.kind, adapter.backend)),
            ("driver", adapter.driver.clone()),
            ("largest buffer", neuropil::text::bytes(adapter.largest_buffer)),
            ("largest binding", neuropil::text::bytes(adapter.largest_binding)),
            ("storage buffers", format!("{} per stage", adapter.storage_buffers)),
        ];
        text += &format!("\n{}GPU: {}{}\n{}", style.bold, adapter.name, style.plain, tables::pairs(&rows, style));
        if adapter.software {
            text += "  This is a software renderer: right, but slower than the CPU.\n";
        }
    }
    if devices.adapters.is_empty() {
        text += "\nThere is no GPU, or no driver for it (Vulkan, Metal or DirectX 12); everything runs on the CPU.\n";
    }
    text
}

/// Without the feature `gpu`: a sentence that says so.
#[cfg(not(feature = "gpu"))]
fn gpu_text(_: &Devices, _: style::Style) -> String {
    "\nThis program was built without the feature gpu; everything runs on the CPU.\n".into()
}
