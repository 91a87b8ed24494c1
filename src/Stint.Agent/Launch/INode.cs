namespace Stint.Agent.Launch;

/// <summary>
/// This node as far as steps need it: a thread for callbacks, threads for what blocks, the spool, processes. <see cref="LinuxNode"/> is the real one;
/// a simulation has its own, and everything above is the same code.
/// </summary>
internal interface INode
{
    IReactor Reactor { get; }
    IWorkQueue Queue { get; }
    ISpool Spool { get; }
    IShepherds Shepherds { get; }
    UserAccount Account(uint uid, uint gid);
}

/// <summary>Calls back one at a time, so that whoever is called owns its state alone.</summary>
internal interface IReactor
{
    /// <summary>From any thread; in order of posting.</summary>
    void Post(Action action);
    void After(TimeSpan delay, Action action);
    /// <summary>Level triggered. A hang-up is told whatever was asked for, so whoever is not interested for now forgets the descriptor.</summary>
    void Watch(int fd, uint events, Action<uint> ready);
    void Forget(int fd);
}

/// <summary>Does what may block, somewhere else; the result is posted back to the reactor.</summary>
internal interface IWorkQueue
{
    void Add(Action work);
}
