//! Adapters: which there are, and the one that plays.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::device::Device;
use crate::device::gpu::wait::block_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::plan::{CostModel, Delivery, PlanOptions};
use crate::tile::SumWidth;

/// An adapter, for people.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AdapterFacts {
    /// Name.
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
    /// What the device complained of outside a scope, or why it was lost.
    failure: Arc<Mutex<Option<String>>>,
}

/// Every adapter of this machine, the best first.
pub fn adapters() -> Vec<AdapterFacts> {
    block_on(None, found()).iter().map(facts).collect()
}

async fn found() -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // No validation dispatch before indirect dispatches: there are none.
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(descriptor);
    let mut found = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
    found.sort_by_key(|a| rank(a.get_info().device_type));
    found
}

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
    /// Opens the best adapter, or the one whose name holds what `device` asks for.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where there is none, or none of that name.
    pub fn open(device: &Device) -> Result<Adapter> {
        block_on(None, Adapter::open_async(device))
    }

    async fn open_async(device: &Device) -> Result<Adapter> {
        let found = found().await;
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

    /// What went wrong on the device since it was opened, if anything.
    ///
    /// # Errors
    /// [`Error::Device`] with the driver's words.
    pub(super) fn check(&self) -> Result<()> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(why) => Err(Error::Device(why)),
            None => Ok(()),
        }
    }

    /// The options of a plan that suits this player: its kernels sum in 32 bits into rings, and each shard costs
    /// dispatches.
    pub(crate) fn options(&self, options: &PlanOptions) -> PlanOptions {
        let shard_bytes = options.shard_bytes.min(self.largest_binding());
        let delivery = Delivery::Direct;
        PlanOptions { shard_bytes, few_shards: true, sum_width: Some(SumWidth::Full), delivery, ..options.clone() }
    }

    /// The largest array a shard may have, bytes.
    pub fn largest_binding(&self) -> u64 {
        self.facts.largest_binding.min(self.facts.largest_buffer)
    }
}

/// Whether a hardware GPU is expected to beat `threads` CPU threads on a network.
///
/// A step takes `work` seconds of one core, and threads a share of that; a GPU needs its dispatches and a share of the work,
/// too, see [`CostModel`].
pub fn expected_faster(network: &Network, work: f64, threads: u32) -> bool {
    let models: BTreeSet<&str> = network.populations().iter().map(|p| p.model.declaration().name).collect();
    let dispatches = models.len() as f64 + 1.0;
    let cost = CostModel::ZEN4;
    let gpu = dispatches * cost.dispatch_s + work / cost.gpu_cores;
    let faster = gpu < work / f64::from(threads.max(1)).powf(cost.thread_gain);
    faster && hardware() && adapters().iter().any(|a| !a.software)
}

/// Whether the system shows anything that could be a GPU: without, no driver needs to be loaded to find that there is none.
/// On Linux those are the nodes of the kernel's drivers: DRM's, NVIDIA's, WSL's, and those of phones.
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
