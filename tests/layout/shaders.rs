//! L0: every composed shader parses, validates, stays within WebGPU's core limits and matches the Rust declarations. No
//! GPU is needed. The composed files are written to `target/shaders/` for other validators.

use neuropil::device::gpu::{Composed, Shape, compose, compose_rule, shared_structs};
use neuropil::plan::{Encoding, SynapseFormat};
use wgpu::naga;

fn shape(format: SynapseFormat, block: u32) -> Shape {
    Shape {
        steps: 64,
        capacity: 1024,
        slots: 16,
        min_delay: 1,
        block,
        blocks: 3,
        encoding: Encoding::new(format, block),
        skips_idle: true,
        projections: 2,
        signals: 0,
        signal_slots: 1,
        waves: false,
        perturbed: false,
    }
}

fn composed() -> Vec<Composed> {
    let models = neuropil::models::all();
    let wide = shape(SynapseFormat::Wide, 1);
    let mut all: Vec<Composed> =
        models.iter().map(|m| compose("integrate", Some(m.as_ref()), &wide).unwrap()).collect();
    let coupled = Shape { signals: 5, signal_slots: 4, ..wide };
    all.extend(models.iter().map(|model| {
        let mut kernel = compose("integrate", Some(model.as_ref()), &coupled).unwrap();
        kernel.name = format!("{} coupled", kernel.name);
        kernel
    }));
    for name in neuropil::models::synapse_names() {
        let rule = neuropil::models::synapse(name, "test").unwrap();
        all.extend(["remember", "learn"].map(|kernel| compose_rule(kernel, &rule, &wide).unwrap()));
    }
    for shape in [Shape { waves: true, ..wide }, Shape { waves: true, perturbed: true, ..coupled }] {
        all.extend(models.iter().map(|model| {
            let mut kernel = compose("integrate", Some(model.as_ref()), &shape).unwrap();
            kernel.name = format!("{} waves {}", kernel.name, shape.signals);
            kernel
        }));
    }
    all.extend(
        ["record", "inject", "collect", "propagate_procedural", "take_back"]
            .map(|kernel| compose(kernel, None, &wide).unwrap()),
    );
    for (format, block) in SynapseFormat::ALL.into_iter().flat_map(|format| [(format, 1), (format, 64)]) {
        let mut kernel = compose("propagate_stored", None, &shape(format, block)).unwrap();
        kernel.name = format!("propagate_stored {} {block}", format.name());
        all.push(kernel);
    }
    all
}

fn validated(source: &str) -> Result<naga::Module, String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string(source))?;
    let flags = naga::valid::ValidationFlags::all();
    let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
    validator.validate(&module).map_err(|e| e.emit_to_string(source))?;
    Ok(module)
}

#[test]
fn shaders_are_valid_and_within_core_limits() {
    let folder = format!("{}/target/shaders", env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir_all(&folder).unwrap();
    for shader in composed() {
        let module = validated(&shader.source).unwrap_or_else(|e| panic!("{}: {e}", shader.name));
        let storage =
            module.global_variables.iter().filter(|(_, v)| matches!(v.space, naga::AddressSpace::Storage { .. }));
        assert!(storage.count() <= 8, "{}", shader.name);
        let entry = &module.entry_points[0];
        assert_eq!(entry.name, "main");
        assert!(entry.workgroup_size.iter().product::<u32>() <= 256, "{}", shader.name);
        std::fs::write(format!("{folder}/{}.wgsl", shader.name.replace(' ', "_")), &shader.source).unwrap();
    }
}

#[test]
fn a_broken_shader_is_found_at_its_own_line() {
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let shader = compose("integrate", Some(model.as_ref()), &shape(SynapseFormat::Wide, 1)).unwrap();
    assert!(validated(&shader.source.replace("d.theta", "d.thet")).is_err());
    let at = shader.source.lines().position(|l| l.contains("d.theta")).unwrap();
    let message = shader.error(Some(at as u32 + 1), "unknown field").to_string();
    let line = model.wgsl().unwrap().lines().position(|l| l.contains("d.theta")).unwrap() + 1;
    assert_eq!(message, format!("model iaf_psc_exp:{line}: unknown field"));
}

/// Fields and offsets of a struct as naga lays it out.
fn fields(module: &naga::Module, name: &str) -> Vec<(String, u32)> {
    let found = module.types.iter().find(|(_, t)| t.name.as_deref() == Some(name)).unwrap();
    let naga::TypeInner::Struct { members, .. } = &found.1.inner else { panic!("{name} is no struct") };
    members.iter().map(|m| (m.name.clone().unwrap(), m.offset)).collect()
}

#[test]
fn shared_structs_have_the_layout_of_the_host() {
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    for shared in shared_structs() {
        let model = (shared.kernel == "integrate").then(|| model.as_ref());
        let shape =
            Shape { signals: 5, signal_slots: 4, waves: true, perturbed: true, ..shape(SynapseFormat::Wide, 1) };
        let rule = neuropil::models::synapse("stdp_synapse", "test").unwrap();
        let source = match shared.kernel {
            "learn" => compose_rule(shared.kernel, &rule, &shape),
            kernel => compose(kernel, model, &shape),
        };
        let source = source.unwrap().source;
        let host: Vec<(String, u32)> = shared.fields.iter().map(|(n, o)| ((*n).to_owned(), *o)).collect();
        assert_eq!(fields(&validated(&source).unwrap(), shared.name), host, "{}", shared.name);
        // A field more in the shader must be seen; what fills the struct may miss it.
        let opening = format!("struct {} {{", shared.name);
        let longer = source.replace(&opening, &format!("{opening}\n    extra: u32,"));
        assert_ne!(fields(&naga::front::wgsl::parse_str(&longer).unwrap(), shared.name), host);
    }
}
