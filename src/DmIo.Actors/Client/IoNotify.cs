using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>
/// Called once with a request's outcome, on a thread of the pool: Linux dm-io's <c>io_notify_fn</c>. It may block,
/// start requests (blocking ones too), dispose of the client, detach devices, and end the actor system: the service
/// holds nothing of the request any more. What it throws is logged and harms nobody.
/// </summary>
/// <param name="result">The outcome. A request that was refused after it had been sent, since the service ends, has all
/// its regions Stopped, each with an <see cref="IoRefusedException"/> that says why
/// (<see cref="IoRefusedException.Cause"/>); no device was touched.</param>
/// <param name="context">What was given along with the callback.</param>
public delegate void IoNotify(IoResult result, object? context);
