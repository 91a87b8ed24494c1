namespace Stint.Agent.Launch;

/// <summary>Starts shepherds and finds them again.</summary>
internal interface IShepherds
{
    /// <summary>A shepherd that holds <paramref name="lockFd"/> from its first moment on.</summary>
    IShepherd Start(StepId id, ShepherdRequest request, int lockFd);

    /// <summary>Null when nobody listens there (yet, or any more).</summary>
    IShepherd? Connect(IStepDirectory directory);

    /// <summary>Takes the dead process off the kernel's list; false: it is still on its way out.</summary>
    bool TryReap(int pid);
}

/// <summary>The agent's end of one shepherd. On the reactor only.</summary>
internal interface IShepherd
{
    /// <summary>To be watched; negative once closed.</summary>
    int Fd { get; }
    /// <summary>0 when an earlier life of this agent started it.</summary>
    int Pid { get; }
    /// <summary>Never blocks; keeps order. False: commands wait for the shepherd to read; call <see cref="Flush"/> again soon.</summary>
    bool Send(byte[] command);
    bool Flush();
    /// <summary>Null: nothing there now. <paramref name="closed"/>: the shepherd is gone.</summary>
    ShepherdMessage? Receive(out bool closed);
    void Close();
}
