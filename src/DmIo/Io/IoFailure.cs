namespace DmIo.Io;

/// <summary>Why a region failed: for people (<see cref="Message"/>) and for programs (<see cref="Errno"/>).</summary>
/// <param name="Message">One sentence that names the value, the limit and, where there is one, the fix.</param>
/// <param name="Errno">The operating system's error number; 0 where none was involved.</param>
/// <param name="Exception">The original exception, where one was thrown. Never flattened.</param>
public sealed record IoFailure(string Message, int Errno = 0, Exception? Exception = null);
