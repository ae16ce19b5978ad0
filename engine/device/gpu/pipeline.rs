//! The compiled kernels of a plan, and the uniforms that change from dispatch to dispatch.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::device::gpu::compose::{Shape, compose, compose_rule};
use crate::device::gpu::layout::{ModelKey, model_key};
use crate::device::gpu::shared::Step;
use crate::device::gpu::{Adapter, Composed};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::tile::Model;

/// The distance between entries of a uniform buffer with dynamic offsets, bytes: the largest that WebGPU lets a device
/// ask for.
pub const UNIFORM_STRIDE: u64 = 256;

/// The compiled kernels of a plan.
#[derive(Debug)]
pub struct Kernels {
    /// A kernel for each model.
    pub integrate: BTreeMap<ModelKey, Kernel>,
    /// For stored rows.
    pub propagate_stored: Kernel,
    /// For rows drawn at each spike, where there are some.
    pub propagate_procedural: Option<Kernel>,
    /// For synapses that learn, one entry per plastic plan.
    pub plastic: Vec<PlasticKernels>,
    /// For connections that are cut, where there are some.
    pub take_back: Option<Kernel>,
    pub inject: Kernel,
    pub record: Kernel,
    pub collect: Kernel,
}

/// The kernels of a rule by which synapses learn.
#[derive(Debug, Clone)]
pub struct PlasticKernels {
    pub remember: Kernel,
    pub learn: Kernel,
}

/// A compiled kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// "propagate_stored", or "integrate iaf_psc_exp".
    pub name: String,
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// The kind of a kernel's binding.
#[derive(Clone, Copy)]
enum Binding {
    Uniform,
    /// Storage that is only read.
    Read,
    /// Storage that is read and written.
    Write,
    /// The kernel has no binding of this number.
    Absent,
}

impl Kernels {
    /// The kernels that `plan` needs, compiled.
    ///
    /// # Errors
    /// A shader that is rejected, at its own file and line.
    pub async fn new(adapter: &Adapter, plan: &Plan<i32>, shape: &Shape) -> Result<Kernels> {
        use Binding::{Absent, Read, Uniform, Write};
        let compiled = async |composed: Composed, bindings: &[Binding]| {
            let layout = bind_group_layout(adapter, &composed.name, bindings);
            let pipeline = compile(adapter, &composed, &layout).await?;
            Ok::<Kernel, Error>(Kernel { name: composed.name, pipeline, layout })
        };
        let kernel = async |name: &str, model: Option<&dyn Model>, bindings: &[Binding]| {
            compiled(compose(name, model, shape)?, bindings).await
        };
        let mut integrate = BTreeMap::new();
        for population in &plan.populations {
            if let Entry::Vacant(place) = integrate.entry(model_key(population.model.as_ref())) {
                let all = [Uniform, Write, Write, Read, Write, Read, Write, Read, Write];
                let bindings = if shape.signals > 0 { &all[..] } else { &all[..8] };
                place.insert(kernel("integrate", Some(population.model.as_ref()), bindings).await?);
            }
        }
        let procedural = [Uniform, Write, Write, Uniform, Read, Write];
        let propagate_procedural = match plan.connectivity {
            Some(_) => Some(kernel("propagate_procedural", None, &procedural).await?),
            None => None,
        };
        let take_back = match plan.shards.iter().any(|shard| !shard.cuts.is_empty()) {
            true => Some(kernel("take_back", None, &[Uniform, Write, Absent, Uniform, Read, Write]).await?),
            false => None,
        };
        let mut plastic: Vec<PlasticKernels> = Vec::new();
        for own in &plan.plastic {
            let known = plan.plastic.iter().position(|known| known.rule == own.rule).unwrap_or(plastic.len());
            if let Some(known) = plastic.get(known).cloned() {
                plastic.push(known);
                continue;
            }
            let remember = [Uniform, Write, Absent, Uniform, Uniform, Read, Write, Write];
            let learn = [Uniform, Write, Write, Uniform, Uniform, Read, Write, Write, Write];
            plastic.push(PlasticKernels {
                remember: compiled(compose_rule("remember", &own.rule, shape)?, &remember).await?,
                learn: compiled(compose_rule("learn", &own.rule, shape)?, &learn).await?,
            });
        }
        let stored = [Uniform, Write, Write, Uniform, Read, Read, Read, Write, Read];
        Ok(Kernels {
            integrate,
            propagate_stored: kernel("propagate_stored", None, &stored).await?,
            propagate_procedural,
            plastic,
            take_back,
            inject: kernel("inject", None, &[Uniform, Absent, Write, Uniform, Read, Write]).await?,
            record: kernel("record", None, &[Uniform, Read, Write]).await?,
            collect: kernel("collect", None, &[Uniform, Write, Write]).await?,
        })
    }
}

/// The layout of a bind group whose binding k is of kind `bindings[k]`.
fn bind_group_layout(adapter: &Adapter, label: &str, bindings: &[Binding]) -> wgpu::BindGroupLayout {
    let present = bindings.iter().enumerate().filter(|(_, kind)| !matches!(kind, Binding::Absent));
    let entries: Vec<wgpu::BindGroupLayoutEntry> = present
        .map(|(binding, kind)| wgpu::BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match kind {
                    Binding::Uniform => wgpu::BufferBindingType::Uniform,
                    Binding::Read | Binding::Absent => wgpu::BufferBindingType::Storage { read_only: true },
                    Binding::Write => wgpu::BufferBindingType::Storage { read_only: false },
                },
                // Binding 0 is the step, whose entry is chosen by each dispatch.
                has_dynamic_offset: binding == 0,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries };
    adapter.device.create_bind_group_layout(&descriptor)
}

/// Compiles a shader.
///
/// # Errors
/// [`Error::Shader`] with what the driver or naga says, at the file and line it came from.
async fn compile(
    adapter: &Adapter,
    composed: &Composed,
    layout: &wgpu::BindGroupLayout,
) -> Result<wgpu::ComputePipeline> {
    let device = &adapter.device;
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(&composed.name),
        source: wgpu::ShaderSource::Wgsl(composed.source.as_str().into()),
    });
    let info = module.get_compilation_info().await;
    let fault = info.messages.iter().find(|m| m.message_type == wgpu::CompilationMessageType::Error);
    if let Some(message) = fault {
        let _ = scope.pop().await;
        return Err(composed.error(message.location.map(|l| l.line_number), &message.message));
    }
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(&composed.name),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(&composed.name),
        layout: Some(&layout),
        module: &module,
        entry_point: Some("main"),
        // No kernel reads what it has not written.
        compilation_options: wgpu::PipelineCompilationOptions {
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    match scope.pop().await {
        Some(error) => Err(composed.error(None, &error.to_string())),
        None => Ok(pipeline),
    }
}

/// The uniforms of the dispatches of a batch: entries of [`Step`], [`UNIFORM_STRIDE`] bytes apart.
#[derive(Debug)]
pub struct Uniforms {
    pub buffer: wgpu::Buffer,
}

impl Uniforms {
    /// Uniforms with room for `entries` entries.
    pub fn new(adapter: &Adapter, entries: u64) -> Uniforms {
        let buffer = adapter.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("steps"),
            size: entries.max(1) * UNIFORM_STRIDE,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Uniforms { buffer }
    }

    /// Writes the entries of a batch, from the first on.
    pub fn write(&self, queue: &wgpu::Queue, entries: &[Step]) {
        let mut bytes = vec![0u8; entries.len() * UNIFORM_STRIDE as usize];
        for (slot, entry) in bytes.chunks_exact_mut(UNIFORM_STRIDE as usize).zip(entries) {
            slot[..std::mem::size_of::<Step>()].copy_from_slice(bytemuck::bytes_of(entry));
        }
        queue.write_buffer(&self.buffer, 0, &bytes);
    }
}
