//! What comes from the device later: errors, and what the host asked to read. Nothing here waits; who must, does so by
//! [`block_on`], which only `player` calls.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};

/// Runs a future to its end; the host sleeps while the device works.
pub(super) fn block_on<T>(device: Option<&wgpu::Device>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        // A device that is lost ends what it was asked for with an error of its own.
        match device.map(|device| device.poll(wgpu::PollType::wait_indefinitely())) {
            Some(Ok(_)) => {}
            Some(Err(_)) | None => std::thread::yield_now(),
        }
    }
}

/// What a future gives if it is done.
pub(super) fn now<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// An error scope round a group of calls: wgpu's default handler panics.
pub(super) struct Scope {
    validation: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
}

impl Scope {
    pub fn open(device: &wgpu::Device) -> Scope {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Scope { memory, validation: device.push_error_scope(wgpu::ErrorFilter::Validation) }
    }

    /// Ends the scope at once; what went wrong in it comes later.
    pub fn close(self) -> impl Future<Output = Result<()>> + Send + use<> {
        // Scopes close in the reverse order of opening.
        let (validation, memory) = (self.validation.pop(), self.memory.pop());
        async {
            match (validation.await, memory.await) {
                (_, Some(error)) => {
                    Err(Error::Device(format!("out of GPU memory ({error}); use --device cpu or a smaller network")))
                }
                (Some(error), _) => Err(Error::Device(error.to_string())),
                _ => Ok(()),
            }
        }
    }
}

/// The words of a buffer that the host reads, once they have come.
#[derive(Debug)]
pub(super) struct Mapped {
    buffer: wgpu::Buffer,
    come: Arc<Mutex<Come>>,
}

#[derive(Debug, Default)]
struct Come {
    result: Option<std::result::Result<(), wgpu::BufferAsyncError>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// Asks for a buffer that commands which are submitted already fill.
    pub fn ask(buffer: &wgpu::Buffer) -> Mapped {
        let come: Arc<Mutex<Come>> = Arc::default();
        let told = come.clone();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            let mut come = told.lock().unwrap_or_else(PoisonError::into_inner);
            come.result = Some(result);
            come.waker.take().into_iter().for_each(Waker::wake);
        });
        Mapped { buffer: buffer.clone(), come }
    }

    /// The words if they have come. They are handed out once.
    pub fn now(&mut self) -> Option<Result<Vec<u32>>> {
        now(Pin::new(self))
    }
}

impl Future for Mapped {
    type Output = Result<Vec<u32>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Vec<u32>>> {
        let lost = |why: String| Error::Device(format!("reading results back failed: {why}"));
        let mut come = self.come.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(result) = come.result.take() else {
            come.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        let read = || {
            result.map_err(|e| lost(e.to_string()))?;
            let view = self.buffer.get_mapped_range(..).map_err(|e| lost(e.to_string()))?;
            Ok(bytemuck::pod_collect_to_vec(&view))
        };
        Poll::Ready(read())
    }
}
