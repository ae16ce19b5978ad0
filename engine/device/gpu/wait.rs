//! Results that come from the device later: errors, and buffers that the host reads. Only [`block_on`] waits for them.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};

/// Runs `future` to its end; the host sleeps while `device` works. Without a device it polls.
pub(super) fn block_on<T>(device: Option<&wgpu::Device>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        // A lost device ends the future with an error.
        match device.map(|device| device.poll(wgpu::PollType::wait_indefinitely())) {
            Some(Ok(_)) => {}
            Some(Err(_)) | None => std::thread::yield_now(),
        }
    }
}

/// The output of `future` if it is ready. Nothing wakes the host later.
pub(super) fn poll_once<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A pair of error scopes, for validation and for memory, round a group of calls; wgpu's default handler would panic.
pub(super) struct Scope {
    validation: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
}

impl Scope {
    /// Opens a scope on `device`; scopes may be nested.
    pub fn open(device: &wgpu::Device) -> Scope {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Scope { memory, validation: device.push_error_scope(wgpu::ErrorFilter::Validation) }
    }

    /// Closes the scope at once; the future gives the first error in it.
    ///
    /// # Errors
    /// [`Error::Device`] where memory was too short or a call was invalid.
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

/// A buffer that is being mapped for the host; as a future, its words.
#[derive(Debug)]
pub(super) struct Mapped {
    buffer: wgpu::Buffer,
    answer: Arc<Mutex<Answer>>,
}

/// The device's answer to the request to map a buffer, and who is to be woken when it comes.
#[derive(Debug, Default)]
struct Answer {
    result: Option<std::result::Result<(), wgpu::BufferAsyncError>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// Requests the words of `buffer`, which commands that are already submitted fill.
    pub fn ask(buffer: &wgpu::Buffer) -> Mapped {
        let answer: Arc<Mutex<Answer>> = Arc::default();
        let answered = answer.clone();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            let mut answer = answered.lock().unwrap_or_else(PoisonError::into_inner);
            answer.result = Some(result);
            answer.waker.take().into_iter().for_each(Waker::wake);
        });
        Mapped { buffer: buffer.clone(), answer }
    }

    /// The words if they have come; they are given once.
    ///
    /// # Errors
    /// [`Error::Device`] where the buffer cannot be read.
    pub fn take(&mut self) -> Option<Result<Vec<u32>>> {
        poll_once(Pin::new(self))
    }
}

impl Future for Mapped {
    type Output = Result<Vec<u32>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Vec<u32>>> {
        let lost = |why: String| Error::Device(format!("reading results back failed: {why}"));
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(result) = answer.result.take() else {
            answer.waker = Some(context.waker().clone());
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
