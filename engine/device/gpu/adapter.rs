//! Adapters: the list of those that the machine offers, and the one that plays.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::device::Device;
use crate::device::gpu::wait::block_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::plan::{CostModel, Delivery, PlanOptions};
use crate::tile::SumWidth;

/// The properties of an adapter that users see.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AdapterFacts {
    /// Name, as the driver gives it.
    pub name: String,
    /// "discrete GPU", "integrated GPU", "virtual GPU", "software" or "other".
    pub kind: &'static str,
    /// "Vulkan", "Metal", "Dx12"...
    pub backend: String,
    /// Driver and its version.
    pub driver: String,
    /// Largest storage binding, bytes.
    pub largest_binding: u64,
    /// Largest buffer, bytes.
    pub largest_buffer: u64,
    /// Storage buffers per stage.
    pub storage_buffers: u32,
    /// Whether it is a software renderer, which `auto` never takes.
    pub software: bool,
}

/// An opened adapter.
#[derive(Debug)]
pub struct Adapter {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) facts: AdapterFacts,
    /// The first error outside an error scope, or the reason why the device was lost, until [`Adapter::check`] takes
    /// it.
    failure: Arc<Mutex<Option<String>>>,
}

/// All adapters of this machine, the best first: discrete, integrated and virtual GPUs, others, software.
pub fn adapters() -> Vec<AdapterFacts> {
    block_on(None, enumerate()).iter().map(facts).collect()
}

/// All adapters of wgpu's primary backends, sorted by [`rank`].
async fn enumerate() -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // No validation dispatch before indirect dispatches: there are none.
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(descriptor);
    let mut found = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
    found.sort_by_key(|a| rank(a.get_info().device_type));
    found
}

/// The place of a type of device in the order of preference, 0 for the best.
fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn facts(adapter: &wgpu::Adapter) -> AdapterFacts {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    // In the order of `rank`.
    let kinds = ["discrete GPU", "integrated GPU", "virtual GPU", "other", "software"];
    AdapterFacts {
        name: info.name,
        kind: kinds[rank(info.device_type) as usize],
        backend: format!("{:?}", info.backend),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        largest_binding: limits.max_storage_buffer_binding_size,
        largest_buffer: limits.max_buffer_size,
        storage_buffers: limits.max_storage_buffers_per_shader_stage,
        software: info.device_type == wgpu::DeviceType::Cpu,
    }
}

impl Adapter {
    /// Opens the best adapter, or the best whose name contains `device.adapter`, in whatever case.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where there is no adapter, none of that name, or where the adapter cannot be opened.
    pub fn open(device: &Device) -> Result<Adapter> {
        block_on(None, Adapter::open_async(device))
    }

    async fn open_async(device: &Device) -> Result<Adapter> {
        let found = enumerate().await;
        let names: Vec<String> = found.iter().map(|a| a.get_info().name).collect();
        let wanted = device.adapter.as_ref().map(|name| name.to_lowercase());
        let chosen = found
            .into_iter()
            .find(|a| wanted.as_ref().is_none_or(|wanted| a.get_info().name.to_lowercase().contains(wanted)));
        let adapter = chosen.ok_or_else(|| match &device.adapter {
            Some(name) if !names.is_empty() => {
                Error::NoDevice(format!("no adapter is called '{name}'; there are: {}", names.join(", ")))
            }
            _ => Error::NoDevice("this machine offers no Vulkan, Metal or Direct3D 12 adapter".into()),
        })?;
        let offered = adapter.limits();
        // WebGPU's core limits, but for the sizes that decide how often a network is cut.
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            max_buffer_size: offered.max_buffer_size,
            ..wgpu::Limits::default()
        };
        let request = wgpu::DeviceDescriptor {
            label: Some("neuropil"),
            required_limits: limits,
            // For --profile, where there is one.
            required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
            ..Default::default()
        };
        let facts = facts(&adapter);
        let opened = adapter.request_device(&request).await;
        let (device, queue) = opened.map_err(|e| Error::NoDevice(format!("{} cannot be opened: {e}", facts.name)))?;
        let failure: Arc<Mutex<Option<String>>> = Arc::default();
        let note = |failure: &Arc<Mutex<Option<String>>>| {
            let failure = failure.clone();
            move |why: String| {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
            }
        };
        let (uncaptured, lost) = (note(&failure), note(&failure));
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| uncaptured(error.to_string())));
        device.set_device_lost_callback(move |reason, why| match reason {
            wgpu::DeviceLostReason::Destroyed => {}
            wgpu::DeviceLostReason::Unknown => lost(format!("the device was lost: {why}")),
        });
        Ok(Adapter { device, queue, facts, failure })
    }

    /// Reports what went wrong on the device since the last call, if anything.
    ///
    /// # Errors
    /// [`Error::Device`] with the driver's words.
    pub(super) fn check(&self) -> Result<()> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(why) => Err(Error::Device(why)),
            None => Ok(()),
        }
    }

    /// `options` with what this player needs: sums of 32 bits, delivery straight into rings, and few shards, since each
    /// costs dispatches, none larger than a binding.
    pub(crate) fn options(&self, options: &PlanOptions) -> PlanOptions {
        let shard_bytes = options.shard_bytes.min(self.largest_binding());
        let delivery = Delivery::Direct;
        PlanOptions { shard_bytes, few_shards: true, sum_width: Some(SumWidth::Full), delivery, ..options.clone() }
    }

    /// The size of the largest buffer that a kernel can bind, bytes.
    pub fn largest_binding(&self) -> u64 {
        self.facts.largest_binding.min(self.facts.largest_buffer)
    }
}

/// Whether this machine has a hardware GPU that is expected to beat `threads` CPU threads on `network`.
///
/// A step takes one core `work` seconds, and each of several threads a part of that; a GPU takes its dispatches and a
/// part of the work, see [`CostModel`].
pub fn expected_faster(network: &Network, work: f64, threads: u32) -> bool {
    let models: BTreeSet<&str> = network.populations().iter().map(|p| p.model.declaration().name).collect();
    let dispatches = models.len() as f64 + 1.0;
    let cost = CostModel::ZEN4;
    let gpu = dispatches * cost.dispatch_s + work / cost.gpu_cores;
    let faster = gpu < work / f64::from(threads.max(1)).powf(cost.thread_gain);
    faster && hardware() && adapters().iter().any(|a| !a.software)
}

/// Whether the system shows anything that could be a GPU. Where it does not, no driver needs to be loaded to find out.
/// On Linux these are the device nodes of the kernel's drivers: of DRM, NVIDIA, WSL, and those of phones; elsewhere
/// always.
fn hardware() -> bool {
    if cfg!(not(target_os = "linux")) {
        return true;
    }
    let any = |folder: &str, begins: &[&str]| {
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| begins.iter().any(|begin| name.to_string_lossy().starts_with(begin)))
    };
    any("/dev/dri", &["renderD"]) || any("/dev", &["nvidia", "dxg", "kgsl", "mali"])
}
