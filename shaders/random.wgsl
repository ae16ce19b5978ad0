// Philox 4x32-10 (Salmon et al. 2011); twin of engine/random.rs.
fn random_high(a: u32, b: u32) -> u32 {
    // The high word of a product from 16-bit halves: WGSL core has no 64-bit integers.
    let low = (a & 0xffffu) * (b & 0xffffu);
    let left = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let right = (a & 0xffffu) * (b >> 16u) + (left & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (left >> 16u) + (right >> 16u);
}

fn random_philox(counter: vec4<u32>, seed: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var key = seed;
    for (var round = 0u; round < 10u; round++) {
        let low = vec2<u32>(0xD2511F53u * c.x, 0xCD9E8D57u * c.z);
        let high = vec2<u32>(random_high(0xD2511F53u, c.x), random_high(0xCD9E8D57u, c.z));
        c = vec4<u32>(high.y ^ c.y ^ key.x, low.y, high.x ^ c.w ^ key.y, low.x);
        key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}
