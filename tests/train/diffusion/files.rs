//! Files of weights: what is written is read, and what is broken is told.

use neuropil::train::diffusion::{Design, Images, Judge, Learn, Model, Neuron, Recipe};
use neuropil::train::tasks::mnist;

use super::{numbers, told};

fn model() -> Model {
    let pixels = numbers(3, 64 * 64).into_iter().map(|x| x as f32).collect();
    let images = Images::new(8, pixels).unwrap();
    let design = Design { channels: 2, size: 8, steps: 2, neuron: Neuron::Spiking, threshold: 1.0 };
    let learn = Learn::new(Recipe::new(design), &images, (8, 1)).unwrap();
    learn.model(&learn.parameters(1).unwrap(), 1).unwrap()
}

#[test]
fn a_net_comes_back_from_its_file() {
    let path = std::env::temp_dir().join(format!("neuropil-diffusion-{}-net.safetensors", std::process::id()));
    let model = model();
    model.save(&path).unwrap();
    let read = Model::load(&path).unwrap();
    assert_eq!((read.recipe(), read.parameters()), (model.recipe(), model.parameters()));
    // Its numbers are of 16 bits; those that are read are written again bit for bit.
    let content = std::fs::read(&path).unwrap();
    read.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), content);
    let noisy: Vec<f32> = numbers(5, 128).into_iter().map(|x| x as f32).collect();
    let [own, other] = [&model, &read].map(|model| model.predict(&noisy, 500, 1).unwrap().0);
    assert!(own.iter().zip(&other).any(|(own, other)| own != other), "16 bits are not 32");
    let far = own.iter().zip(&other).map(|(own, other)| (own - other).abs()).sum::<f32>() / 128.0;
    let size = own.iter().map(|own| own.abs()).sum::<f32>() / 128.0;
    assert!(far < 0.2 * size, "{far} of {size}");
    let lower = Model::load(&path).unwrap().with_threshold(0.9).unwrap();
    assert_ne!(lower.predict(&noisy, 500, 1).unwrap().0, other);
    // Cut off, no weights of diffusion, nothing.
    for (bytes, words) in
        [(&content[..content.len() / 2], "no whole safetensors file"), (&[], "no whole safetensors file")]
    {
        std::fs::write(&path, bytes).unwrap();
        assert!(told(Model::load(&path)).contains(words));
    }
    let text = String::from_utf8_lossy(&content[8..]).into_owned();
    assert!(text.contains("neuropil.diffusion"));
    std::fs::write(&path, &content).unwrap();
    let said = told(Judge::load(&path));
    let sentence =
        "it holds a net that makes images, and a judge of images is needed; name a file that --learn-judge has written";
    assert!(said.ends_with(sentence), "{said}");
    // One of another program says nothing of itself.
    let renamed = content.windows(18).position(|bytes| bytes == b"neuropil.diffusion").unwrap();
    let mut other = content.clone();
    other[renamed..renamed + 8].copy_from_slice(b"anything");
    std::fs::write(&path, &other).unwrap();
    assert!(told(Model::load(&path)).contains("does not say what its weights are of, and a net that makes images"));
    // A number that is none, in the last array.
    let mut broken = content.clone();
    let last = broken.len() - 2;
    broken[last..].copy_from_slice(&0x7e00u16.to_le_bytes());
    std::fs::write(&path, &broken).unwrap();
    assert!(told(Model::load(&path)).contains("not finite"));
    std::fs::remove_file(&path).unwrap();
}

/// A file of numbers of a byte each, as MNIST's are.
fn idx(path: &std::path::Path, shape: &[u32], numbers: Vec<u8>) {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
    bytes.extend(numbers);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_with_one_file_of_images_is_learned_from() {
    let folder = std::env::temp_dir().join(format!("neuropil-diffusion-{}-images", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str| {
        idx(&folder.join(format!("{name}-images-idx3-ubyte")), &[10, 2, 2], (0..40).collect());
        idx(&folder.join(format!("{name}-labels-idx1-ubyte")), &[10], (0..10).collect());
    };
    let read = || mnist("diffusion", Some(&folder));
    assert!(told(read()).contains("there is no train-images-idx3-ubyte.gz"));
    write("some");
    let (samples, split) = read().unwrap();
    assert_eq!((samples.len(), split.validation, split.train), (10, vec![4, 9], vec![0, 1, 2, 3, 5, 6, 7, 8]));
    // Two such files leave open which is meant; those of MNIST's names do not.
    write("other");
    assert!(told(read()).contains("2 files of images are there"));
    write("train");
    assert!(told(read()).contains("there is no t10k-images-idx3-ubyte.gz"));
    write("t10k");
    let (samples, split) = read().unwrap();
    assert_eq!((samples.len(), split.train, split.validation), (20, (0..10).collect(), (10..20).collect()));
    std::fs::remove_dir_all(&folder).unwrap();
}
